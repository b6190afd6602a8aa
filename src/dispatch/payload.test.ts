import { expect, test } from 'vitest';
import { MAX_CHANGED_IDS, readPayload, writePayload } from './payload.ts';

test.each([
  { kind: 'work' } as const,
  { kind: 'taken', taskId: 7 } as const,
  { kind: 'watching' } as const,
  { kind: 'changed', taskIds: [3, 137_438_953_471] } as const,
  { kind: 'changed', taskIds: null } as const,
])('a hint of kind $kind arrives as it was sent', (hint) => {
  expect(readPayload(writePayload(hint, 'me'), 'other')).toEqual(hint);
});

test('a process does not hear its own announcements and changes again', () => {
  expect(readPayload(writePayload({ kind: 'watching' }, 'me'), 'me')).toBeNull();
  expect(readPayload(writePayload({ kind: 'changed', taskIds: [1] }, 'me'), 'me')).toBeNull();
});

test('what is not understood may be about work', () => {
  for (const payload of ['', 'something', 'changed', 'changed:me:1;2', 'taken:x'])
    expect(readPayload(payload, 'other')).toEqual({ kind: 'work' });
});

test('the most ids of the largest size fit into one NOTIFY', () => {
  const taskIds = Array.from({ length: MAX_CHANGED_IDS }, () => 2 ** 37 - 1);

  expect(writePayload({ kind: 'changed', taskIds }, '01234567').length).toBeLessThan(8_000);
});
