import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWorkshop } from '../cli/spawned-tasker.ts';

const YAML = `
name: noisy
steps:
  - { name: flood, handler: ./noisy.mjs#flood }
  - { name: after, depends_on_step: flood, handler: ./noisy.mjs#after }
`;

const HANDLERS = `
const line = 'x'.repeat(1023) + '\\n';
export function flood() {
  for (let n = 0; n < 10_240; n += 1) (n % 2 ? process.stdout : process.stderr).write(line);
  return { lines: 10_240 };
}
export const after = (ctx) => ({ saw: ctx.deps.flood.lines });
`;

test('a handler that writes ten megabytes to the output of its process harms nothing (row 12)', async () => {
  const workshop = openWorkshop(null);
  writeFileSync(join(workshop.directory, 'noisy.yaml'), YAML);
  writeFileSync(join(workshop.directory, 'noisy.mjs'), HANDLERS);
  try {
    const run = await workshop.run('run', 'noisy.yaml');
    expect(run.code).toBe(0);
    expect(run.stdout.length + run.stderr.length).toBeGreaterThan(10_240 * 1_024);
    const check = await workshop.run('verify');
    expect([check.code, check.stderr]).toEqual([0, '']);
    const shown = await workshop.run('tasks', 'list', '--json');
    expect(shown.stdout).toContain('"status":"complete"');
  } finally {
    await workshop.close();
  }
});
