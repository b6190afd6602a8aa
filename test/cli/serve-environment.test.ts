import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CONFIG = fileURLToPath(new URL('../../src/config/', import.meta.url));
const GUIDE = fileURLToPath(new URL('../../docs/serving.md', import.meta.url));

/** A name as it stands in the code or, in the guide, in the first column of the table. */
const VARIABLE = /\b(?:DATABASE_URL|NODE_ENV|NO_COLOR|FORCE_COLOR|TERM|TASKER_[A-Z_]+)(?![a-z])/g;

test('the guide lists every environment variable that is read, and no other', () => {
  const code = readdirSync(CONFIG)
    .filter((file) => file.endsWith('environment.ts'))
    .map((file) => readFileSync(CONFIG + file, 'utf8'))
    .join('\n');
  // In quotes or as a template: a name in a comment may be shortened.
  const read = [
    ...code.matchAll(
      /['`]((?:TASKER_|NODE_|DATABASE_|FORCE_|NO_|TERM)[A-Z_]*)(?:\$\{name\})?['`]/g,
    ),
  ].map(([, name = '']) => name);
  const rows = readFileSync(GUIDE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|')[1] ?? '');
  const told = rows.flatMap((row) => [...row.matchAll(VARIABLE)].map(([name]) => name));
  expect(read.length).toBeGreaterThan(15);
  expect(new Set(told)).toEqual(new Set(read));
});
