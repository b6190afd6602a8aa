import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** A task of so many steps, each with an inferred result that depends on the results of two earlier steps. */
function longTask(steps: number): string {
  const lines = Array.from({ length: steps }, (_, i) => {
    if (i < 2)
      return `  const s${i} = t.step('s${i}', {}, ({ context }) => ({ id: context.id, n${i}: ${i} }));`;
    const [left, right] = [i - 1, i - 2];
    return (
      `  const s${i} = t.step('s${i}', { dependsOn: { left: s${left}, right: s${right} }, retryLimit: 5 }, ` +
      `async ({ deps }) => ({ id: deps.left.id, n${i}: deps.right.n${right} + ${i} }));`
    );
  });
  return [
    `import { defineTask, jsonSchema } from '${ROOT}/src/definition/define-task.ts';`,
    `import type { TaskOutput } from '${ROOT}/src/definition/types.ts';`,
    "const task = defineTask({ name: 'long', schema: jsonSchema<{ id: number }>({}) }, (t) => {",
    ...lines,
    `  return { last: s${steps - 1} };`,
    '});',
    `export const last: TaskOutput<typeof task>['last'] = { id: 1, n${steps - 1}: 2 };`,
    `// @ts-expect-error the type of the last step is known exactly`,
    `export const wrong: TaskOutput<typeof task>['last'] = { id: 'a', n${steps - 1}: 2 };`,
  ].join('\n');
}

/** Seconds that the compiler spends on checking such a task, with everything that it imports. */
function checkSeconds(steps: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-check-time-'));
  try {
    writeFileSync(join(folder, 'long.mts'), longTask(steps));
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(ROOT, 'tsconfig.json'),
        compilerOptions: {
          typeRoots: [join(ROOT, 'node_modules/@types')],
          rewriteRelativeImportExtensions: false,
          noUnusedLocals: false,
        },
        include: ['long.mts'],
      }),
    );
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const output = execFileSync(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'], {
      encoding: 'utf8',
    });
    return Number(/Check time:\s+([\d.]+)s/.exec(output)?.[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Other work on the machine only ever adds to a measurement, so the best of some is the truest. */
function bestOfThree(steps: number): number {
  return Math.min(checkSeconds(steps), checkSeconds(steps), checkSeconds(steps));
}

test('a task of 300 steps adds less than a second to a type check', () => {
  const base = bestOfThree(2);
  const long = bestOfThree(300);
  console.info(`check time: ${base} s for 2 steps, ${long} s for 300`);
  expect(base).toBeGreaterThan(0);
  expect(long - base).toBeLessThan(1);
});
