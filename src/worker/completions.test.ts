import { expect, test } from 'vitest';
import { defineTask } from '../definition/define-task.ts';
import type { TaskBuilder } from '../definition/types.ts';
import type { Json } from '../kernel/json.ts';
import { childrenOf } from '../model/graph.ts';
import { toCompletions } from './completions.ts';
import type { Run, Success } from './run.ts';

/** Finished runs of these steps of a task, as far as their completions need them. */
function finished(
  positions: readonly number[],
  build: (t: TaskBuilder<Json>) => void,
  width?: number,
): readonly Success[] {
  const { definition } = defineTask({ name: 'work', ...(width && { width }) }, (t) => build(t));
  const children = childrenOf(definition.steps.map((step) => step.parents));
  return positions.map((position) => ({
    run: {
      step: { taskId: 7, position, attempts: 1, definitionId: 1, rank: 0 },
      pinned: { definitionId: 1, definition, children, positions: new Map() },
      bypassed: new Set(),
    } as unknown as Run,
    resultText: '1',
    annotations: [],
  }));
}

const moves = (successes: readonly Success[], free: number, queues = ['default']) => {
  const { completions, taken } = toCompletions(successes, { free, queues });
  const all = completions.flatMap((c) => c.children.map((one) => `${one.position} ${one.move}`));
  return { all, taken };
};

const fan = (t: TaskBuilder<Json>): void => {
  const root = t.step('root', {}, () => 1);
  for (const name of ['a', 'b', 'c']) t.step(name, { dependsOn: { root } }, () => 1);
};

const join = (t: TaskBuilder<Json>): void => {
  const [a, b] = [t.step('a', {}, () => 1), t.step('b', {}, () => 1)];
  t.step('both', { dependsOn: { a, b } }, () => 1);
};

test('as many children are taken on as there are free slots, the others are queued', () => {
  const root = finished([0], fan);
  expect(moves(root, 5)).toEqual({ all: ['1 take', '2 take', '3 take'], taken: 3 });
  expect(moves(root, 2)).toEqual({ all: ['1 take', '2 take', '3 queue'], taken: 2 });
  expect(moves(root, 0)).toEqual({ all: ['1 queue', '2 queue', '3 queue'], taken: 0 });
});

test('a child that two parents name needs one slot, and both say the same of it', () => {
  const parents = finished([0, 1], join);
  expect(moves(parents, 1)).toEqual({ all: ['2 take', '2 take'], taken: 1 });
  expect(moves(parents, 0)).toEqual({ all: ['2 queue', '2 queue'], taken: 0 });
});

test('a child of a queue that the worker does not serve is left to others', () => {
  expect(moves(finished([0], fan), 5, ['gpu']).taken).toBe(0);
});

test('children of a task of limited width wait until it is known whether there is a lane', () => {
  expect(moves(finished([0], fan, 2), 5)).toEqual({
    all: ['1 park', '2 park', '3 park'],
    taken: 0,
  });
});
