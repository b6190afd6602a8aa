import { expect, test } from 'vitest';
import { LiveStream, type StreamOptions } from './sse.ts';

const encoder = new TextEncoder();
const frame = (text: string): Uint8Array => encoder.encode(`${text}\n\n`);

function open(options: Partial<StreamOptions> = {}) {
  const closed: true[] = [];
  const leaving = new AbortController();
  const stream = new LiveStream({
    isAllowed: () => true,
    recheckMs: 60_000,
    resetFrame: () => frame('reset'),
    signal: leaving.signal,
    onClosed: () => void closed.push(true),
    ...options,
  });
  return { stream, reader: readerOf(stream.response()), closed, leaving };
}

function readerOf(response: Response) {
  if (response.body === null) throw new Error('a stream has a body');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  return {
    /** The next chunk as a list of frames; null at the end. */
    async next(): Promise<readonly string[] | null> {
      const { value, done } = await reader.read();
      return done ? null : decoder.decode(value).split('\n\n').slice(0, -1);
    },
    cancel: () => reader.cancel(),
  };
}

test('a slow reader gets each task once, as it is in the end, in the order of the changes', async () => {
  const { stream, reader } = open();

  for (const text of ['one', 'two', 'one again'])
    stream.tell({ taskId: text.startsWith('one') ? 1 : 2, frame: frame(text) });

  expect(await reader.next()).toEqual(['retry: 2000']);
  expect(await reader.next()).toEqual(['two', 'one again']);
});

test('a reader that is too slow gets one reset instead, and what comes after it', async () => {
  const { stream, reader } = open();

  for (let taskId = 1; taskId <= 1_005; taskId += 1)
    stream.tell({ taskId, frame: frame(`task ${taskId}`) });

  expect(await reader.next()).toEqual(['retry: 2000']);
  expect(await reader.next()).toEqual([
    'reset',
    'task 1002',
    'task 1003',
    'task 1004',
    'task 1005',
  ]);
});

test('the end comes after what was pending, once, and closes', async () => {
  const { stream, reader, closed } = open();

  stream.tell({ taskId: 1, frame: frame('settled'), end: frame('end') });

  expect(await reader.next()).toEqual(['retry: 2000']);
  expect(await reader.next()).toEqual(['settled', 'end']);
  expect(await reader.next()).toBeNull();
  expect(closed).toHaveLength(1);
});

test.each(['abort', 'cancel', 'close'] as const)(
  'an %s frees the watcher, once, and nothing is told afterwards',
  async (how) => {
    const { stream, reader, closed, leaving } = open();
    await reader.next();

    if (how === 'abort') leaving.abort();
    else if (how === 'cancel') await reader.cancel();
    else stream.close();
    stream.tell({ taskId: 1, frame: frame('late') });
    stream.reset();
    stream.ping(frame('ping'));
    stream.close();

    expect(closed).toHaveLength(1);
    expect(await reader.next()).toBeNull();
  },
);

test('nothing is told while the permission is old and not confirmed', async () => {
  let answer: (isAllowed: boolean) => void = () => undefined;
  const asked: true[] = [];
  const { stream, reader, closed } = open({
    recheckMs: 0,
    isAllowed: () => {
      asked.push(true);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  await reader.next();

  stream.tell({ taskId: 1, frame: frame('secret') });
  stream.ping(frame('ping'));
  expect(asked).toHaveLength(1);
  answer(false);

  expect(await reader.next()).toBeNull();
  expect(closed).toHaveLength(1);
});

test('what waited for the permission is told once it is confirmed', async () => {
  let now = false;
  const { stream, reader } = open({ recheckMs: 1, isAllowed: () => Promise.resolve(now) });
  await reader.next();
  now = true;
  const until = performance.now() + 2;
  while (performance.now() < until);

  stream.tell({ taskId: 1, frame: frame('task') });

  expect(await reader.next()).toEqual(['task']);
});

test('a sign of life is for a reader that has taken everything', async () => {
  const { stream, reader } = open();
  stream.ping(frame('too early'));
  await reader.next();

  stream.ping(frame('ping'));
  stream.ping(frame('not twice'));

  expect(await reader.next()).toEqual(['ping']);
});
