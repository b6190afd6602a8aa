import { expect, test } from 'vitest';
import { defineTask } from '../definition/define-task.ts';
import type { PinnedDefinition } from '../engine/pinned-definitions.ts';
import { childrenOf } from '../model/graph.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import { Demand } from './demand.ts';
import type { Run } from './run.ts';
import type { ServedDefinition } from './serve.ts';

/** A step that so many others wait for. */
function fan(children: number, options: { width?: number; queue?: string } = {}): PinnedDefinition {
  const { width, queue = 'default' } = options;
  const { definition } = defineTask({ name: 'work', ...(width && { width }) }, (t) => {
    const root = t.step('root', {}, () => 1);
    for (let at = 0; at < children; at += 1)
      t.step(`part_${at}`, { dependsOn: { root }, queue }, () => 1);
  });
  const parents = definition.steps.map((step) => step.parents);
  return { definitionId: 1, definition, children: childrenOf(parents), positions: new Map() };
}

function demandFor(pinned: PinnedDefinition, slots = 1_000) {
  const served = { pinned, steps: [] } as unknown as ServedDefinition; // sound: nothing else of it is asked
  const demand = new Demand({ peek: () => served }, { queues: ['default'], slots });
  const claimed = (position: number): ClaimedStep =>
    ({ taskId: 1, definitionId: 1, position, waitedMs: 0 }) as ClaimedStep; // sound: likewise
  const run = (position: number): Run => {
    const template = pinned.definition.steps[position];
    return { pinned, step: claimed(position), served: { template } } as unknown as Run; // sound: likewise
  };
  return { demand, claimed, run };
}

test('the first claim is a small one, and the next ones fill every slot when tasks are narrow', () => {
  const { demand, run } = demandFor(fan(1));
  expect(demand.plan(1_000).room).toBe(64);
  expect(demand.plan(10).room).toBe(10);
  demand.begun(run(0));
  expect(demand.plan(900).room).toBe(900);
});

test('first steps of wide tasks are claimed as far as there is room for what they open', () => {
  const { demand, run } = demandFor(fan(50));
  demand.begun(run(0));
  demand.ended(run(0));
  expect(demand.plan(1_000).room).toBe(20);
  for (let n = 0; n < 10; n += 1) demand.begun(run(0));
  expect(demand.plan(990).room).toBe(16); // 490 are for the children of the ten; the least is a sixty-fourth, 16
  for (let n = 0; n < 10; n += 1) demand.ended(run(0));
  expect(demand.plan(990).room).toBe(20);
});

test('children for other queues, and those of a task of limited width, need no room here', () => {
  for (const pinned of [fan(50, { queue: 'other' }), fan(50, { width: 2 })]) {
    const { demand, run } = demandFor(pinned);
    demand.begun(run(0));
    expect(demand.plan(100).room).toBe(100);
  }
});

test('children that went into the queue are claimed into every free slot, each once', () => {
  const { demand, claimed, run } = demandFor(fan(50));
  demand.begun(run(0));
  demand.ended(run(0));
  demand.queued(150);
  const first = demand.plan(100);
  const second = demand.plan(100);
  expect([first.room, second.room]).toEqual([100, 51]);
  first.answered(Array.from({ length: 100 }, () => claimed(1)));
  second.answered([...Array.from({ length: 50 }, () => claimed(2)), claimed(0)]);
  expect(demand.plan(500).room).toBe(10);
});

test('when others have taken what went into the queue, it is expected no more', () => {
  const { demand, claimed, run } = demandFor(fan(50));
  demand.begun(run(0));
  demand.ended(run(0));
  demand.queued(5_000);
  const claim = demand.plan(100);
  claim.answered(Array.from({ length: 100 }, () => claimed(0)));
  expect(demand.plan(500).room).toBe(10);
});

test('a running step that will open more than there is room for keeps no slot empty for ever', () => {
  const { demand, run } = demandFor(fan(400));
  demand.begun(run(0));
  demand.begun(run(0));
  demand.begun(run(0));
  expect(demand.plan(997).room).toBe(16);
  expect(demand.plan(20).room).toBe(4);
  expect(demand.plan(1).room).toBe(1);
  expect(demand.plan(0).room).toBe(0);
});

test('a worker that one wide task fills claims into every slot', () => {
  const { demand, run } = demandFor(fan(50), 20);
  demand.begun(run(0));
  expect(demand.plan(19).room).toBe(19);
});
