import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { startService } from '../../src/cli/start-service.ts';
import type { Toolbox } from '../../src/cli/toolbox.ts';
import { fakeTasker } from '../cli/fake-tasker.ts';
import { recordedIo } from '../cli/recorded-io.ts';

const SECRET = 'a shared secret that is long enough for HS256';
const TOKENS = {
  TASKER_JWT_SECRET: SECRET,
  TASKER_JWT_ALGORITHMS: 'HS256',
  TASKER_JWT_ISSUER: 'https://id.example',
  TASKER_JWT_AUDIENCE: 'tasker',
};

/** `tasker serve` with the real service and a Tasker that must not be started: what is wrong is said before a database is touched. */
async function serve(variables: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const io = recordedIo({ variables: { DATABASE_URL: 'postgres://test', ...variables } });
  let isStarted = false;
  const start = (): Promise<void> => {
    isStarted = true;
    return Promise.resolve();
  };
  const needed: Partial<Toolbox> = {
    createTasker: () =>
      Promise.resolve(
        fakeTasker({ start, register: () => Promise.resolve([]), definitions: () => [] }),
      ),
    startService,
    version: () => '0.0.0',
  };
  const toolbox = needed as Toolbox; // sound: the command stops before it needs more
  const exitCode = await runCli(['serve', '--no-worker', '--port', '0', ...args], io, toolbox);
  return { exitCode, stderr: io.stderr(), stdout: io.stdout(), isStarted };
}

test.each([
  ['empty keys', { TASKER_API_KEYS: '' }, 'TASKER_API_KEYS: is empty, which is neither on nor off'],
  [
    'a key of 8 characters',
    { TASKER_API_KEYS: 'ci=viewer:hunter22' },
    'TASKER_API_KEYS: entry 1 has a secret of 8 characters; 32 to 512 are allowed',
  ],
  [
    'a secret of 10 bytes',
    { ...TOKENS, TASKER_JWT_SECRET: 'hunter2222' },
    'TASKER_JWT_SECRET: has 10 bytes; at least 32',
  ],
  [
    'an algorithm of another family',
    { ...TOKENS, TASKER_JWT_ALGORITHMS: 'RS256' },
    'TASKER_JWT_ALGORITHMS: "RS256" cannot be used with a secret',
  ],
  [
    'tokens without an audience',
    { ...TOKENS, TASKER_JWT_AUDIENCE: '' },
    'TASKER_JWT_AUDIENCE: is empty',
  ],
])(
  '%s end `tasker serve` with 78 before anything is opened, without showing a secret',
  async (_, variables, message) => {
    const { exitCode, stderr, stdout, isStarted } = await serve(variables);

    expect(exitCode).toBe(78);
    expect(stderr).toContain(`Option ${message}`);
    expect(stderr + stdout).not.toMatch(/hunter22|shared secret/);
    expect(isStarted).toBe(false);
  },
);

test('an address that others can reach is refused with 78 when nothing says how callers are recognised', async () => {
  const { exitCode, stderr, isStarted } = await serve({}, '--host', '0.0.0.0');

  expect(exitCode).toBe(78);
  expect(stderr).toContain('PUBLIC_WITHOUT_AUTHENTICATION');
  expect(isStarted).toBe(false);
});
