import { expect, test } from 'vitest';
import { commandLogger } from '../../src/cli/output/worker-log.ts';
import { createScreen } from '../../src/cli/screen.ts';
import { recordedIo } from './recorded-io.ts';
import { NOW } from './samples.ts';

const logger = (json: boolean) => {
  const io = recordedIo();
  const screen = createScreen(io, { json });
  return { io, log: commandLogger({ io, screen, isVerbose: false }) };
};
const at = NOW.toISOString();

test('a warning shows what it is about, and why', () => {
  const { io, log } = logger(false);

  log.warn({ err: new Error('connection refused'), order: 7 }, 'the lease was not renewed');

  expect(io.stderr()).toBe(
    `${at}  warning  the lease was not renewed   connection refused   order=7\n`,
  );
});

test('with --json, an error keeps its name and message', () => {
  const { io, log } = logger(true);

  log.error({ err: new TypeError('no'), order: 7 }, 'failed');

  expect(JSON.parse(io.stderr())).toEqual({
    err: { name: 'TypeError', message: 'no' },
    order: 7,
    level: 'error',
    at,
    message: 'failed',
  });
});

test('a value that cannot be written is named and throws nothing', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const { io, log } = logger(false);
  const machine = logger(true);

  log.warn({ circular, big: 10n }, 'odd');
  machine.log.warn({ circular }, 'odd');

  expect(JSON.parse(machine.io.stderr())).toMatchObject({ circular: '(unreadable)' });
  expect(io.stderr()).toBe(`${at}  warning  odd   circular=(unreadable)   big=(unreadable)\n`);
});
