import { expect, test } from 'vitest';
import {
  endsRequest,
  messageReader,
  readyState,
  refusal,
  statementOf,
  type Message,
} from '../../chaos/wire.mjs';

/** A message of the protocol: its letter (none in a startup), and what follows the length. */
function message(type: string, body: Buffer | string): Buffer {
  const content = Buffer.from(body);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), size, content]);
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const STARTUP = message('', Buffer.concat([number(196_608), Buffer.from('user\0me\0\0')]));
const STREAM = [
  STARTUP,
  message('P', 'tasker.advance-steps\0with finished\0\0\0'),
  message('B', '\0tasker.advance-steps\0\0\0'),
  message('E', '\0\0\0\0\0'),
  message('S', ''),
  message('Q', 'commit\0'),
];

test('finds the messages of a stream, wherever it is cut', () => {
  const whole = Buffer.concat(STREAM);
  for (let size = 1; size <= whole.length; size += 1) {
    const read = messageReader({ startsUp: true });
    const found: Message[] = [];
    for (let at = 0; at < whole.length; at += size)
      found.push(...read(whole.subarray(at, at + size)));
    expect(found.map(({ type }) => type)).toEqual(['startup', 'P', 'B', 'E', 'S', 'Q']);
    expect(Buffer.concat(found.map(({ bytes }) => bytes))).toEqual(whole);
  }
});

test('knows requests for encryption and for cancelling from a startup', () => {
  const read = messageReader({ startsUp: true });
  const [ssl, gss, start] = read(
    Buffer.concat([message('', number(80_877_103)), message('', number(80_877_104)), STARTUP]),
  );
  expect([ssl?.type, gss?.type, start?.type]).toEqual(['encryption', 'encryption', 'startup']);
  const cancel = message('', Buffer.concat([number(80_877_102), number(1), number(2)]));
  expect(messageReader({ startsUp: true })(cancel)[0]?.type).toBe('cancel');
});

test('names a statement by its name, otherwise by its text', () => {
  const of = (bytes: Buffer): string | null =>
    statementOf({ type: String.fromCharCode(bytes[0] ?? 0), bytes });
  expect(of(message('P', 'named\0select 1\0\0\0'))).toBe('named');
  expect(of(message('P', '\0select 1\0\0\0'))).toBe('select 1');
  expect(of(message('B', '\0named\0\0\0'))).toBe('named');
  expect(of(message('B', '\0\0\0\0'))).toBeNull();
  expect(of(message('Q', 'commit\0'))).toBe('commit');
  expect(of(message('E', '\0\0\0\0\0'))).toBeNull();
});

test('a request ends with Sync or is a simple query', () => {
  expect(['P', 'B', 'D', 'E', 'S', 'Q', 'X'].filter(endsRequest)).toEqual(['S', 'Q']);
});

test('a refusal is an error with its state, and leaves the session idle', () => {
  const [error, ready] = messageReader({ startsUp: false })(refusal('53100', 'disk full'));
  expect(error?.type).toBe('E');
  expect(error?.bytes.toString('utf8', 5)).toBe('SERROR\0VERROR\0C53100\0Mdisk full\0\0');
  expect(ready === undefined ? null : readyState(ready)).toBe('I');
});
