/** What the benchmarks' commands share: whose turn it is, and a run in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** The contenders in another order each round, so that what disturbs the machine disturbs all. */
export function inTurn(contenders, round) {
  const first = (round - 1) % contenders.length;
  return [...contenders.slice(first), ...contenders.slice(0, first)];
}

/**
 * Sends a job to a fresh process and waits for its answer.
 *
 * @param {object} job
 * @param {{ file: string, timeoutMs: number, execPath?: string, execArgv?: readonly string[] }} options the program that does it; how
 *   long before it is taken to hang; the Node.js that runs it, by default this one; what that is started with
 * @returns {Promise<{ measures: object, problem: string | null }>}
 */
export async function askChild(job, options) {
  const { file, timeoutMs, execPath = process.execPath, execArgv = [] } = options;
  const child = fork(file, { stdio: ['ignore', 2, 2, 'ipc'], execPath, execArgv });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  let answer = null;
  child.once('message', (message) => {
    answer = message;
  });
  child.send(job);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  return answer ?? { measures: {}, problem: `the run ended without an answer (${signal ?? code})` };
}
