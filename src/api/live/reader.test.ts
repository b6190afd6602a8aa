import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TaskChange } from '../../engine/changes.ts';
import type { TaskProgress } from '../../engine/progress.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { LiveReader, type ReaderHost, type WatchedTasker } from './reader.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function nothing(_change: TaskChange): void {
  return undefined;
}

/** A Tasker of which only the watching verbs work, with tasks that the test gives revisions to. */
function lab({ hearsOthers = true, hasLists = false } = {}) {
  const revisions = new Map<number, string>();
  const state = { listener: nothing, isDown: false };
  const reads: (readonly number[])[] = [];
  const looks: number[] = [];
  const told: string[] = [];
  const answer = <T>(value: T): Promise<T> =>
    state.isDown ? Promise.reject(new Error('away')) : Promise.resolve(value);
  const tasker: WatchedTasker = {
    onChange(listener) {
      state.listener = listener;
      return () => undefined;
    },
    progress(ids) {
      reads.push(ids);
      const found = ids.map((taskId) => ({ task: { taskId }, revision: revisions.get(taskId) }));
      return answer(found as unknown as TaskProgress[]); // what the reader looks at
    },
    revisions({ newest = 0 }) {
      looks.push(newest);
      return answer(
        [...revisions].map(([taskId, revision]) => ({ taskId, revision, isOpen: true })),
      );
    },
    about: () =>
      answer({ database: '', durability: 'sync' as const, schema: 'tasker', hearsOthers }),
    annotationsOfTasks: () => answer(new Map()),
    storedDefinition: () => Promise.reject(new Error('not asked for')),
  };
  const host: ReaderHost = {
    watchedIds: () => [...revisions.keys()],
    isWatched: (taskId) => !hasLists && revisions.has(taskId),
    hasLists: () => hasLists,
    needs: () => ({ systems: false, annotations: false }),
    onTask: ({ task, revision }, isNews) =>
      void told.push(`${task.taskId} ${revision}${isNews ? '' : ' (no news)'}`),
    onReset: () => void told.push('reset'),
    onCovered: () => void told.push('covered'),
  };
  const reader = new LiveReader(tasker, host, {
    tickMs: 250,
    lookMs: null,
    logger: silentLogger,
  });
  reader.start();
  return { reader, revisions, state, reads, looks, told };
}

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1_000);

test('it looks every five seconds where hints come from everywhere', async () => {
  const { reader, looks } = lab();

  await seconds(61);

  expect(looks).toHaveLength(13);
  reader.stop();
});

test('it looks every second where other processes cannot be heard', async () => {
  const { reader, looks } = lab({ hearsOthers: false });

  await seconds(60);

  expect(looks.length).toBeGreaterThanOrEqual(59);
  reader.stop();
});

test('a thousand hints in one span of time are two reads', async () => {
  const { reader, revisions, state, reads, told } = lab();
  revisions.set(1, 'a');

  for (let hint = 0; hint < 1_000; hint += 1) state.listener({ taskIds: [1, 2] });
  await seconds(1);

  expect(reads).toEqual([[1], [1]]);
  expect(told).toEqual(['1 a', '1 a (no news)']);
  reader.stop();
});

test('what could not be read is read once the database is back, and told once', async () => {
  const { reader, revisions, state, told } = lab();
  revisions.set(1, 'a');
  state.isDown = true;
  reader.greet(1);
  state.listener({ taskIds: [1] });
  await seconds(3);
  expect(told).toEqual([]);

  state.isDown = false;
  await seconds(10);

  expect(told).toEqual(['1 a']);
  reader.stop();
});

test('a change that no hint told is found by the next look', async () => {
  const { reader, revisions, told } = lab();
  revisions.set(1, 'a');
  reader.greet(1);
  await seconds(1);
  revisions.set(1, 'b');

  await seconds(6);

  expect(told).toEqual(['1 a (no news)', '1 b']);
  reader.stop();
});

test('lists are told to fetch anew at most every two seconds, however much is lost', async () => {
  const { reader, state, told, looks } = lab({ hasLists: true });
  reader.cover();
  await seconds(1);
  expect(told).toEqual(['covered']);

  for (let lost = 0; lost < 50; lost += 1) {
    state.listener({ everything: true });
    await seconds(0.1);
  }

  expect(told.filter((line) => line === 'reset').length).toBeGreaterThanOrEqual(2);
  expect(told.filter((line) => line === 'reset').length).toBeLessThanOrEqual(3);
  expect(looks.length).toBeLessThanOrEqual(9); // nor is compared more often than every second
  reader.stop();
});

test('after it was stopped it neither reads nor looks nor tells', async () => {
  const { reader, revisions, state, reads, looks, told } = lab();
  revisions.set(1, 'a');
  reader.greet(1);
  reader.stop();
  await seconds(1);
  const before = [reads.length, looks.length];

  state.listener({ taskIds: [1] });
  await seconds(60);

  expect([reads.length, looks.length]).toEqual(before);
  expect(told).toEqual([]);
});
