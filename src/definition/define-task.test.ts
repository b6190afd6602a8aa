import { expect, test } from 'vitest';
import { z } from 'zod';
import { isTaskerError } from '../kernel/errors.ts';
import { defineTask, isDefinedTask } from './define-task.ts';
import type { KindRules } from './kind-rules.ts';
import { parseYamlDefinition } from './yaml/parse-definition.ts';

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

test('gives every step its defaults', () => {
  const { definition } = defineTask({ name: 'order' }, (t) => void t.step('a', {}, () => null));
  expect(definition).toMatchObject({
    namespace: 'default',
    description: 'order',
    width: null,
    priority: 0,
    schema: null,
    identity: { strategy: 'hash', windowMs: 60_000 },
    versionDeclared: false,
  });
  expect(definition.version).toBe(`0.0.0+${definition.contentHash.slice(0, 12)}`);
  expect(definition.steps[0]).toEqual({
    position: 0,
    name: 'a',
    description: 'a',
    dependentSystem: 'unknown',
    kind: 'function',
    handler: { from: 'code' },
    parents: [],
    config: null,
    retryable: true,
    retryLimit: 3,
    backoff: { strategy: 'exponential', baseMs: 1_000, maxMs: 30_000, jitter: 'full' },
    timeoutMs: null,
    skippable: false,
    queue: 'default',
    resultSchema: null,
  });
});

test('lets a step override what the task says, and the task what is built in', () => {
  const { definition } = defineTask(
    {
      name: 'order',
      concurrent: false,
      queue: 'slow',
      retryLimit: 7,
      retryable: false,
      defaultDependentSystem: 'shop',
      backoff: { strategy: 'linear', base: '2s' },
    },
    (t) => {
      t.step('a', {}, () => null);
      t.step(
        'b',
        {
          queue: 'fast',
          retryLimit: 1,
          retryable: true,
          dependentSystem: 'bus',
          backoff: 'fixed',
          timeout: '1.5s',
        },
        () => null,
      );
    },
  );
  const [a, b] = definition.steps;
  expect(definition.width).toBe(1);
  expect(a).toMatchObject({
    queue: 'slow',
    retryLimit: 7,
    retryable: false,
    dependentSystem: 'shop',
    backoff: { strategy: 'linear', baseMs: 2_000 },
  });
  expect(b).toMatchObject({
    queue: 'fast',
    retryLimit: 1,
    retryable: true,
    dependentSystem: 'bus',
    backoff: { strategy: 'fixed', baseMs: 2_000 },
    timeoutMs: 1_500,
  });
});

test('knows parents, aliases and result positions', () => {
  const task = defineTask({ name: 'order' }, (t) => {
    const first = t.step('first', {}, () => 1);
    const second = t.step('second', {}, () => 2);
    const last = t.step(
      'last',
      { dependsOn: { two: second, one: first } },
      ({ deps }) => deps.one + deps.two,
    );
    return { sum: last, first };
  });
  expect(task.definition.steps[2]?.parents).toEqual([0, 1]);
  expect(task.aliases.get(2)).toEqual({ two: 1, one: 0 });
  expect(task.aliases.has(0)).toBe(false);
  expect(task.resultPositions).toEqual({ sum: 2, first: 0 });
});

test('keeps handlers of every form', () => {
  class Handler {
    call(): string {
      return 'class';
    }
  }
  const object = { call: () => 'object' };
  const run = (): string => 'function';
  const task = defineTask({ name: 'order' }, (t) => {
    t.step('a', {}, run);
    t.step('b', {}, object);
    t.step('c', {}, Handler);
    t.step('d', {}, 'Shop::Cart');
    t.api('e', { handlerConfig: { url: 'https://shop.example' } });
  });
  expect([...task.inlineHandlers]).toEqual([
    [0, run],
    [1, object],
    [2, Handler],
  ]);
  expect(task.definition.steps.map((step) => step.handler.from)).toEqual([
    'code',
    'code',
    'code',
    'registry',
    'none',
  ]);
  expect(task.definition.steps[4]).toMatchObject({
    kind: 'api',
    config: { type: 'api', url: 'https://shop.example' },
  });
});

test('keeps functions that are not data: backoff, identity, schema', () => {
  const linear = (attempt: number): number => attempt * 10;
  const task = defineTask(
    {
      name: 'order',
      schema: z.object({ id: z.number() }),
      backoff: linear,
      identity: { strategy: (request) => request.reason ?? '', window: '5m' },
    },
    (t) => {
      t.step('a', {}, () => null);
      t.step('b', { backoff: 'fixed' }, () => null);
      t.step('c', { backoff: () => 1 }, () => null);
    },
  );
  expect(task.definition.identity).toEqual({ strategy: 'custom', windowMs: 300_000 });
  expect(task.customIdentity?.({ context: null, reason: 'r' })).toBe('r');
  expect(task.contextSchema).not.toBeNull();
  expect(task.definition.schema).toBeNull();
  expect(task.customBackoffs.get(0)).toBe(linear);
  expect(task.customBackoffs.has(1)).toBe(false);
  expect(task.customBackoffs.get(2)?.(1)).toBe(1);
});

test('names the step and the option of every problem, as code spells them', () => {
  const messages = messagesOf(() =>
    defineTask({ name: 'order', priority: 5_000 }, (t) => {
      t.step('a', { retryLimit: 0 }, () => null);
      t.step('a', { timeout: '0s' }, () => null);
      t.step('constructor', {}, () => null);
    }),
  );
  expect(messages.join('\n')).toContain(
    'defineTask("order"), step "a": retryLimit must be at least 1 (got 0)',
  );
  expect(messages).toHaveLength(5);
});

test('refuses steps of another task as dependencies and results', () => {
  const strangers: { readonly name: string; readonly position: number }[] = [];
  defineTask({ name: 'one' }, (t) => void strangers.push(t.step('a', {}, () => null)));
  const messages = messagesOf(() =>
    defineTask({ name: 'two' }, (t) => {
      const [stranger] = strangers;
      if (stranger === undefined) return {};
      t.step('b', { dependsOn: { stranger } }, () => null);
      return { stranger };
    }),
  );
  expect(messages.map((message) => message.includes('is no step of this task'))).toEqual([
    true,
    true,
  ]);
});

test('refuses a task without steps, and configuration that is no JSON', () => {
  expect(messagesOf(() => defineTask({ name: 'order' }, () => undefined))[0]).toContain(
    'at least one step',
  );
  const messages = messagesOf(() =>
    defineTask(
      { name: 'order' },
      (t) => void t.step('a', { handlerConfig: { at: new Date(0) } }, () => null),
    ),
  );
  expect(messages[0]).toContain('handlerConfig cannot be stored: a Date at $.at');
});

test('the two roads lead to one form and one hash', () => {
  const code = defineTask({ name: 'order', version: '1.0.0', namespace: 'shop', width: 2 }, (t) => {
    const cart = t.api('cart', { handlerConfig: { url: 'https://shop.example' }, retryLimit: 5 });
    t.step('done', { dependsOn: { cart }, timeout: '10s', skippable: true }, 'Done');
  });
  const yaml = parseYamlDefinition(
    `{name: order, version: 1.0.0, namespace: shop, width: 2, steps: [
      {name: cart, handler_config: {type: api, url: "https://shop.example"}, retry: {limit: 5}},
      {name: done, depends_on_step: cart, handler: Done, timeout_ms: 10000, skippable: true}]}`,
    { file: 'order.yaml', environment: 'test', kinds: KINDS, strategies: STRATEGIES },
  );
  expect(code.definition).toEqual(yaml.definition);
});

test('tells what defineTask made from what only looks like it', () => {
  const task = defineTask({ name: 'order' }, (t) => void t.step('a', {}, () => null));
  expect([
    isDefinedTask(task),
    isDefinedTask({ name: 'order', definition: task.definition }),
    isDefinedTask(null),
  ]).toEqual([true, false, false]);
});
