import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Dispatcher, Hint } from '../dispatch/dispatcher.ts';
import { Emitter } from '../kernel/emitter.ts';
import { silentLogger } from '../kernel/logger.ts';
import { ChangeFeed, type TaskChange } from './changes.ts';
import type { TaskerEvents } from './types.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A feed on a dispatcher whose other end the test is. */
function lab() {
  const events = new Emitter<TaskerEvents>(() => undefined);
  const feed = new ChangeFeed(events, silentLogger);
  const sent: Hint[] = [];
  const listeners = new Set<(hint: Hint) => void>();
  const hear = (hint: Hint): void => {
    for (const listener of listeners) listener(hint);
  };
  const start = vi.fn<() => Promise<void>>(() => Promise.resolve());
  const dispatcher: Dispatcher = {
    send(hint) {
      sent.push(hint);
      if (hint.kind !== 'watching') hear(hint);
    },
    onHint(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start,
    stop: () => Promise.resolve(),
  };
  const told: TaskChange[] = [];
  const listen = (change: TaskChange): void => void told.push(change);
  return { events, feed, sent, hear, dispatcher, start, told, listen };
}

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1_000);

test('while nobody listens, here or elsewhere, the engine need not build its events', async () => {
  const { events, feed, dispatcher, sent, listen } = lab();
  feed.connect(dispatcher);
  expect(events.has('step.completed')).toBe(false);

  const off = feed.onChange(listen);
  expect(events.has('step.completed')).toBe(true);
  off();
  expect(events.has('step.completed')).toBe(false);
  await seconds(60);
  expect(sent.length).toBeLessThanOrEqual(1);
});

test('a process with listeners says so every ten seconds, and hears others from then on', async () => {
  const { feed, dispatcher, start, sent, listen } = lab();
  feed.connect(dispatcher);
  expect(start).not.toHaveBeenCalled();
  const off = feed.onChange(listen);

  await seconds(35);
  off();
  await seconds(60);

  expect(sent).toEqual(Array.from({ length: 4 }, () => ({ kind: 'watching' })));
  expect(start).toHaveBeenCalled();
});

test('an announcement of others holds for thirty seconds', async () => {
  const { events, feed, dispatcher, hear, sent } = lab();
  feed.connect(dispatcher);
  hear({ kind: 'watching' });
  await seconds(20);
  hear({ kind: 'watching' });
  await seconds(29);

  events.emit('task.started', { taskId: 1 });
  events.emit('step.started', { taskId: 1, step: 'a', attempt: 1 });
  events.emit('task.started', { taskId: 2 });
  await seconds(0.1);
  expect(sent).toEqual([{ kind: 'changed', taskIds: [1, 2] }]);
  await seconds(2);

  expect(events.has('task.started')).toBe(false);
  feed.disconnect();
});

test('what happened in the last moment is still sent at the end', () => {
  const { events, feed, dispatcher, hear, sent } = lab();
  feed.connect(dispatcher);
  hear({ kind: 'watching' });
  events.emit('task.completed', { taskId: 1 });

  feed.disconnect();

  expect(sent).toEqual([{ kind: 'changed', taskIds: [1] }]);
  expect(events.has('task.completed')).toBe(false);
});

test('a listener is told once of what it and others hear', async () => {
  const { events, feed, dispatcher, hear, told, listen } = lab();
  feed.connect(dispatcher);
  feed.onChange(listen);
  hear({ kind: 'watching' });

  events.emit('task.completed', { taskId: 1 });
  await seconds(0.1);

  expect(told).toEqual([{ taskIds: [1] }]);
});

test('hints of others, gaps and a new beginning are told as what they mean', () => {
  const { feed, dispatcher, hear, told, listen } = lab();
  feed.onChange(listen);
  feed.connect(dispatcher);
  for (const hint of [
    { kind: 'work' },
    { kind: 'taken', taskId: 3 },
    { kind: 'changed', taskIds: [4, 5] },
    { kind: 'changed', taskIds: null },
    { kind: 'gap' },
  ] as const)
    hear(hint);

  expect(told).toEqual([
    { everything: true },
    { taskIds: [3] },
    { taskIds: [4, 5] },
    { everything: true },
    { everything: true },
  ]);
});

test('others who cannot be heard are tried again, and listeners hear this process meanwhile', async () => {
  const { events, feed, dispatcher, start, told, listen } = lab();
  start.mockRejectedValue(new Error('away'));
  feed.connect(dispatcher);
  feed.onChange(listen);
  await seconds(21);

  expect(start).toHaveBeenCalledTimes(3);
  events.emit('task.created', { taskId: 1, name: 'a' });
  await seconds(0.1);
  expect(told).toEqual([{ taskIds: [1] }]);
});

test('a listener may stay over a stop and a start', async () => {
  const { events, feed, dispatcher, told, listen } = lab();
  feed.onChange(listen);
  feed.connect(dispatcher);
  feed.disconnect();
  feed.connect(dispatcher);

  events.emit('task.created', { taskId: 1, name: 'a' });
  await seconds(0.1);

  expect(told).toEqual([{ everything: true }, { everything: true }, { taskIds: [1] }]);
});
