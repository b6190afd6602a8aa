import { expect, test } from 'vitest';
import type { TaskFilter } from '../../engine/list-types.ts';
import { compileFilter } from './match.ts';
import type { Subject } from './subject.ts';

const task = {
  name: 'order',
  namespace: 'shop',
  version: '1.0.0',
  status: 'complete',
  tags: ['a', 'b'],
  initiator: 'olga',
  sourceSystem: 'web',
  createdAt: new Date('2026-01-02T00:00:00Z'),
  context: { cart: { id: 3, items: [{ id: 9 }] }, none: null },
};
// what the filters look at
const subject = {
  task,
  systems: new Set(['bank']),
  annotations: [{ type: 'receipt', annotation: { number: 7, deep: { a: 1 } } }],
} as unknown as Subject;

const matches = (filter: TaskFilter, namespaces: readonly string[] | null = null): boolean =>
  compileFilter(filter, namespaces).matches(subject);

test.each<TaskFilter>([
  {},
  { status: ['pending'], stepStatus: ['error'] }, // a task that left by its status is told
  { name: 'order', namespace: 'shop', version: '1.0.0', tag: 'b', initiator: 'olga' },
  { sourceSystem: 'web', createdFrom: task.createdAt, createdTo: new Date('2026-01-03') },
  { namespaces: ['shop', 'other'] },
  {
    context: [
      { path: 'cart.id', value: 3 },
      { path: 'none', value: null },
    ],
  },
  { dependentSystem: 'bank' },
  { annotation: { type: 'receipt', key: 'number', value: '7' } },
])('%j matches', (filter) => {
  expect(matches(filter)).toBe(true);
});

test.each<TaskFilter>([
  { name: 'orders' },
  { namespace: 'web' },
  { version: '1' },
  { tag: 'c' },
  { initiator: 'other' },
  { sourceSystem: 'shop' },
  { createdFrom: new Date('2026-01-03') },
  { createdTo: task.createdAt },
  { namespaces: [] },
  { context: [{ path: 'cart.id', value: '3' }] },
  { context: [{ path: 'cart.id.more', value: 3 }] },
  { context: [{ path: 'cart.constructor', value: null }] },
  { context: [{ path: 'absent', value: null }] },
  { dependentSystem: 'shop' },
  { annotation: { type: 'other', key: 'number', value: '7' } },
  { annotation: { type: 'receipt', key: 'deep', value: '[object Object]' } },
])('%j does not match', (filter) => {
  expect(matches(filter)).toBe(false);
});

test('what a watcher may not see never matches, whatever it asks for', () => {
  for (const filter of [{}, { namespace: 'shop' }, { namespaces: ['shop'] }])
    expect(matches(filter, ['other'])).toBe(false);
});

test('the same filter has the same key, another filter or another sight has another', () => {
  const key = (filter: TaskFilter, namespaces: readonly string[] | null = null): string =>
    compileFilter(filter, namespaces).key;

  expect(key({ name: 'a', tag: 'b', status: ['error'] })).toBe(key({ tag: 'b', name: 'a' }));
  expect(key({ name: 'a' })).not.toBe(key({ tag: 'a' }));
  expect(key({}, ['a'])).not.toBe(key({}, null));
  expect(key({}, ['a'])).not.toBe(key({ namespaces: ['a'] }));
});
