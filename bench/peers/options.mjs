/** Reads the command line of the benchmark against peers. */
import { parseArgs } from 'node:util';
import { SHAPES, WORKLOADS } from '../workloads.mjs';
import { CONTENDERS } from './contenders.mjs';

export const USAGE = `usage: npm run bench:peers -- [W1 W2 W3 W4 W5 shapes] [options]

  --repeat N       rounds; each runs every contender once     default: 3
  --only NAME,…    these contenders only                      default: all
  --tasks N        tasks per run (W5: orders)                 default: by contender and workload
  --json FILE      also write every single run to FILE
  --svg FILE       also draw the medians as a chart into FILE
  --quick          a smoke run: small, one round, says nothing about speed

shapes are ${Object.keys(SHAPES).join(', ')}; each can also be named alone
contenders: ${Object.keys(CONTENDERS).join(', ')}

BENCH_DATABASE_URL   use this server instead of one of our own (its user must be able to create databases)`;

/**
 * @param {readonly string[]} argv what follows the script's name
 * @returns {{ workloads: readonly string[], contenders: readonly string[], tasks: number | null, repeat: number,
 *   json: string | null, svg: string | null, quick: boolean, help: boolean }}
 * @throws Error saying what is wrong with the command line
 */
export function readOptions(argv) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      repeat: { type: 'string' },
      only: { type: 'string' },
      tasks: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const all = [...Object.keys(WORKLOADS), ...Object.keys(SHAPES)];
  const asked = positionals.flatMap((word) =>
    word.toLowerCase() === 'shapes' ? Object.keys(SHAPES) : [workloadOf(word, all)],
  );
  return {
    workloads: asked.length > 0 ? all.filter((name) => asked.includes(name)) : all,
    contenders: contendersOf(values.only),
    tasks: count('tasks', values.tasks),
    repeat: count('repeat', values.repeat) ?? (values.quick ? 1 : 3),
    json: values.json ?? null,
    svg: values.svg ?? null,
    quick: values.quick,
    help: values.help,
  };
}

function workloadOf(word, all) {
  const found = all.find((name) => name.toLowerCase() === word.toLowerCase());
  if (found !== undefined) return found;
  throw new Error(`there is no workload ${word}; choose from ${all.join(', ')}, shapes`);
}

function contendersOf(text) {
  const all = Object.keys(CONTENDERS);
  if (text === undefined) return all;
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !all.includes(name));
  if (unknown === undefined) return all.filter((name) => asked.includes(name));
  throw new Error(`there is no contender ${unknown}; choose from ${all.join(', ')}`);
}

function count(name, text) {
  if (text === undefined) return null;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`--${name} must be a whole number from 1, not "${text}"`);
  return number;
}
