import { expect, test } from 'vitest';
import { reportFailure } from '../../src/cli/failure.ts';
import { TaskerError } from '../../src/kernel/errors.ts';
import { recordedIo } from './recorded-io.ts';

const invalid = (code: string) => {
  const problem = { code, text: 'order.yaml:4:14  a fault' };
  return new TaskerError('INVALID_DEFINITION', { source: 'order.yaml', problems: [problem] });
};

test('a definition without its handlers is told the option that registers them', () => {
  const io = recordedIo();

  expect(reportFailure(invalid('UNKNOWN_HANDLER'), io, false)).toBe(2);

  expect(io.stderr()).toContain('--handlers FILE');
});

test('a definition with other faults is not', () => {
  const io = recordedIo();

  expect(reportFailure(invalid('RANGE'), io, false)).toBe(2);

  expect(io.stderr()).not.toContain('--handlers');
});
