import { expect, test } from 'vitest';
import { isTaskerError } from '../kernel/errors.ts';
import { checkDefinition } from './check-definition.ts';
import { defineTask } from './define-task.ts';
import type { KindRules } from './kind-rules.ts';

const KINDS: ReadonlyMap<string, KindRules> = new Map([
  ['function', { name: 'function', code: 'required', checkConfig: () => [] }],
  ['api', { name: 'api', code: 'optional', checkConfig: () => [] }],
]);
const STRATEGIES = new Set(['exponential', 'fixed']);

function messagesOf(define: () => unknown): readonly string[] {
  try {
    define();
    return [];
  } catch (error) {
    if (!isTaskerError(error, 'INVALID_DEFINITION')) throw error;
    return error.details.problems.map((problem) => problem.text);
  }
}

test('checks kinds, strategies and handler names when they are known', () => {
  const task = defineTask({ name: 'order' }, (t) => {
    t.step('a', { backoff: 'fibonacci' }, () => null);
    t.step('b', {}, 'Shop::Crat');
  });
  const offered = {
    kinds: KINDS,
    strategies: STRATEGIES,
    hasHandler: (name: string) => name === 'Shop::Cart',
    handlerNames: ['Shop::Cart'],
  };
  const messages = messagesOf(() => checkDefinition(task, offered));
  expect(messages).toHaveLength(2);
  expect(messages[1]).toContain('Did you mean "Shop::Cart"');
  expect(
    messagesOf(() =>
      checkDefinition(task, {
        ...offered,
        strategies: new Set(['fibonacci', 'exponential']),
        hasHandler: () => true,
      }),
    ),
  ).toEqual([]);
});
