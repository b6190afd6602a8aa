// The processes that are killed. Two chains work at once; in a chain, the process after the one that was killed finds what it left.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));
const CHAINS = 2;
/** A child that says nothing for so long has gone wrong. */
const LONGEST_MS = 300_000;

const living = new Set();
process.on('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** One process with a database in memory, or on the server; it ends by itself. */
export async function runOnce(database, place, job) {
  return tell({ ...database, directory: null }, place, job);
}

/** Plays groups of trials. Answers for each trial's id `hit` and `problem`, and after a kill the `problems` that were left. */
export async function runInChains(database, place, { play, groups }) {
  const answers = new Map();
  const waiting = groups.map((trials) => trials);
  const chain = async (_, index) => {
    const stage =
      play === 'kill' ? stageOf(database, place, index) : { ...database, directory: null };
    let left = [];
    for (let trials = waiting.shift(); trials !== undefined; trials = waiting.shift()) {
      const { recovered, played } = await tell(stage, place, { play, trials, recover: left });
      note(answers, recovered);
      note(answers, played);
      left = play === 'kill' ? leftBy(trials, played) : [];
    }
    if (left.length > 0) note(answers, (await tell(stage, place, { recover: left })).recovered);
  };
  await Promise.all(Array.from({ length: Math.min(CHAINS, groups.length) }, chain));
  return answers;
}

let stages = 0;

function stageOf(database, { directory }, index) {
  stages += 1;
  return { ...database, directory: join(directory, `pglite-${stages}-${index}`) };
}

/** What a killed process leaves to the next: the trials that hung where they were to hang. */
const leftBy = (trials, played) =>
  played
    .filter(({ hit }) => hit)
    .map(({ id, target, trail }) => ({
      ...trials.find((trial) => trial.id === id),
      target,
      trail,
    }));

function note(answers, list) {
  for (const one of list) answers.set(one.id, { ...answers.get(one.id), ...one });
}

async function tell(database, { map, witness }, job) {
  const child = fork(CHILD, [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  living.add(child);
  const ended = once(child, 'exit').finally(() => living.delete(child));
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  try {
    child.send({ database, map, witness, ...job });
    const answer = await Promise.race([
      once(child, 'message').then(([message]) => message),
      ended.then(([code, signal]) => ({ failed: `a child ended with ${code ?? signal}` })),
    ]);
    if (job.play === 'kill') child.kill('SIGKILL'); // everything that was to hang hangs
    await ended;
    if (answer.failed) throw new Error(`a process of the crash points failed: ${answer.failed}`);
    return answer;
  } finally {
    clearTimeout(late);
  }
}
