import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

test('a promise that a handler let go and that rejects is told, and the task completes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-stray-'));
  try {
    await writeFile(
      join(folder, 'stray.yaml'),
      'name: stray\nstep_templates:\n  - { name: leaky, handler: ./stray.mjs#leaky }\n  - { name: after, depends_on_step: leaky, handler: ./stray.mjs#after }\n',
    );
    await writeFile(
      join(folder, 'stray.mjs'),
      'export const leaky = () => { void Promise.reject(new Error("nobody waits for me")); return 1; };\n' +
        'export const after = () => new Promise((resolve) => setImmediate(() => resolve(2)));\n',
    );
    const { code, stderr } = await runCli(folder, ['run', 'stray.yaml', '--data-dir', 'data']);
    expect(stderr).toContain(
      'a handler let a promise go that rejected: Error: nobody waits for me',
    );
    expect(code).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

function runCli(
  cwd: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DATABASE_URL: undefined },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
  });
}
