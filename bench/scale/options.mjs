/** Reads the command line of the benchmark of scale. */
import { parseArgs } from 'node:util';
import { QUESTIONS } from './questions.mjs';

export const USAGE = `usage: npm run bench:scale -- [options]

  --only NAME,…      these questions only                               default: all
  --repeat N         rounds of each question                            default: by question
  --size SHARE       share of what is loaded (backlog, history, bloat)  default: 1
  --json FILE        also write every single run to FILE
  --write-docs FILE  also put the figures between the marks of FILE
  --quick            a smoke run: small, one round, says nothing about scale

questions: ${Object.keys(QUESTIONS).join(', ')}

BENCH_DATABASE_URL   use this server instead of one of our own (its user must be able to create databases and to set commit_delay)`;

/**
 * @param {readonly string[]} argv what follows the script's name
 * @returns {import('./options.d.mts').ScaleOptions}
 * @throws Error saying what is wrong with the command line
 */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      repeat: { type: 'string' },
      size: { type: 'string' },
      json: { type: 'string' },
      'write-docs': { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.quick && values['write-docs'] !== undefined)
    throw new Error('--quick says nothing about scale: leave out --write-docs');
  return {
    questions: questionsOf(values.only),
    repeat: roundsOf(values.repeat),
    size: shareOf(values.size),
    json: values.json ?? null,
    writeDocs: values['write-docs'] ?? null,
    quick: values.quick,
    help: values.help,
  };
}

function questionsOf(text) {
  const all = Object.keys(QUESTIONS);
  if (text === undefined) return all;
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !all.includes(name));
  if (unknown === undefined) return all.filter((name) => asked.includes(name));
  throw new Error(`there is no question ${unknown}; choose from ${all.join(', ')}`);
}

function roundsOf(text) {
  if (text === undefined) return null;
  const rounds = Number(text);
  if (Number.isSafeInteger(rounds) && rounds >= 1) return rounds;
  throw new Error(`--repeat must be a whole number from 1, not "${text}"`);
}

function shareOf(text) {
  if (text === undefined) return 1;
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw new Error(`--size must be above 0 and at most 1, not "${text}"`);
}
