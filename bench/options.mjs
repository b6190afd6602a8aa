/** Reads the command line of the benchmark. */
import { parseArgs } from 'node:util';
import { WORKLOADS } from './workloads.mjs';

export const USAGE = `usage: npm run bench -- [W1 W2 W3 W4 W5] [options]

  --tasks N        tasks per run (W5: orders, one after the other)   default: by workload
  --repeat R       rounds; each runs every contender once            default: 3
  --concurrency C  steps in flight (W1 to W4)                        default: 1000
  --connections K  connections that enqueue and report results       default: 2
  --json FILE      also write every single run to FILE
  --quick          a smoke run: small, one round, says nothing about speed

BENCH_DATABASE_URL   use this server instead of one of our own (its user must be able to create databases)`;

const QUICK = { repeat: 1, concurrency: 100 };
const FULL = { repeat: 3, concurrency: 1000 };

/**
 * @param {readonly string[]} argv what follows the script's name
 * @returns {{ workloads: readonly string[], tasks: number | null, repeat: number, concurrency: number, connections: number,
 *   json: string | null, quick: boolean, help: boolean }}
 * @throws Error saying what is wrong with the command line
 */
export function readOptions(argv) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tasks: { type: 'string' },
      repeat: { type: 'string' },
      concurrency: { type: 'string' },
      connections: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const known = Object.keys(WORKLOADS);
  const workloads = positionals.map((name) => name.toUpperCase());
  const unknown = workloads.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no workload ${unknown}; choose from ${known.join(', ')}`);
  const defaults = values.quick ? QUICK : FULL;
  const concurrency = count('concurrency', values.concurrency) ?? defaults.concurrency;
  const connections = count('connections', values.connections) ?? 2;
  if (connections > concurrency)
    throw new Error('--connections must not be larger than --concurrency');
  return {
    workloads: workloads.length > 0 ? [...new Set(workloads)] : known,
    tasks: count('tasks', values.tasks),
    repeat: count('repeat', values.repeat) ?? defaults.repeat,
    concurrency,
    connections,
    json: values.json ?? null,
    quick: values.quick,
    help: values.help,
  };
}

function count(name, text) {
  if (text === undefined) return null;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`--${name} must be a whole number from 1, not "${text}"`);
  return number;
}
