import { expect, test } from 'vitest';
import { createLiveHub } from './hub.ts';
import type { WatchedTasker } from './reader.ts';

/** A Tasker in which nothing ever happens. */
const quiet: WatchedTasker = {
  onChange: () => () => undefined,
  progress: () => Promise.resolve([]),
  revisions: () => Promise.resolve([]),
  about: () =>
    Promise.resolve({ database: '', durability: 'sync', schema: 'tasker', hearsOthers: true }),
  annotationsOfTasks: () => Promise.resolve(new Map()),
  storedDefinition: () => Promise.reject(new Error('not asked for')),
};

const anything = (signal: AbortSignal) => ({
  filter: {},
  namespaces: null,
  isAllowed: () => true,
  lastEventId: null,
  until: null,
  signal,
});

test('the 10,001st stream is refused, and accepted once another has gone', () => {
  const hub = createLiveHub(quiet);
  const leaving = new AbortController();
  hub.watch(anything(leaving.signal));
  const open = (): Response => hub.watch(anything(new AbortController().signal));
  for (let others = 1; others < 10_000; others += 1) open();

  expect(open).toThrow(expect.objectContaining({ code: 'SERVER_OVERLOADED' }));
  leaving.abort();
  open();

  expect(hub.watchers).toBe(10_000);
  hub.close();
  expect(hub.watchers).toBe(0);
});

test('a client that has gone before its stream began leaves nothing', async () => {
  const hub = createLiveHub(quiet);
  const response = hub.watch(anything(AbortSignal.abort()));

  expect(hub.watchers).toBe(0);
  expect(await response.text()).toBe('');
  hub.close();
});
