import { expect, test } from 'vitest';
import type { Json } from '../kernel/json.ts';
import type { HandlerContext, StepHandler, StepObject } from '../model/handler-context.ts';
import { silentLogger } from '../kernel/logger.ts';
import { bindHandler, isStepHandler } from './bind-handler.ts';
import { functionKind } from './function.ts';
import { createHandlerRegistry } from './registry.ts';

const ctx: HandlerContext = {
  context: { cart_id: 1 },
  deps: {},
  config: null,
  task: {
    id: 1,
    name: 't',
    namespace: 'default',
    version: '1',
    initiator: 'x',
    reason: 'x',
    sourceSystem: 'x',
    tags: [],
    requestedAt: new Date(0),
  },
  step: { id: 1, name: 's', attempt: 1, maxAttempts: 3, dependentSystem: 'x' },
  sequence: { steps: [], findStepByName: () => null },
  signal: new AbortController().signal,
  idempotencyKey: '1:s',
  logger: silentLogger,
  annotate: () => undefined,
};

test('runs a function with the context', async () => {
  expect(await bindHandler(({ context }) => context, null)(ctx)).toEqual({ cart_id: 1 });
  expect(await bindHandler(async () => 'later', null)(ctx)).toBe('later');
});

test('runs an object with itself as this', () => {
  const handler = {
    factor: 3,
    call() {
      return this.factor;
    },
  };
  expect(bindHandler(handler, null)(ctx)).toBe(3);
});

test('constructs a class for every attempt, with the configuration', () => {
  let constructed = 0;
  class Handler implements StepObject {
    readonly #config: Json | undefined;
    #calls = 0;
    constructor(config?: Json) {
      constructed += 1;
      this.#config = config;
    }
    call(): unknown {
      this.#calls += 1;
      return [this.#config, this.#calls];
    }
  }
  const run = bindHandler(Handler, { a: 1 });
  expect([run(ctx), run(ctx)]).toEqual([
    [{ a: 1 }, 1],
    [{ a: 1 }, 1],
  ]);
  expect(constructed).toBe(2);
});

test('constructs a class without arguments when there is no configuration', () => {
  class Handler implements StepObject {
    readonly #count: number;
    constructor(...args: unknown[]) {
      this.#count = args.length;
    }
    call(): unknown {
      return this.#count;
    }
  }
  expect(bindHandler(Handler, null)(ctx)).toBe(0);
});

test('a class whose call is a field works, and one without call says what is missing', () => {
  class Field {
    readonly call = (): string => 'field';
  }
  class Empty {}
  expect(bindHandler(Field, null)(ctx)).toBe('field');
  expect(() => bindHandler(Empty as unknown as StepHandler, null)(ctx)).toThrow(
    /Empty.*no method call/,
  ); // an author without types
});

test('knows what can be a handler', () => {
  expect(
    [
      () => 1,
      { call: () => 1 },
      class {
        call(): void {}
      },
    ].every(isStepHandler),
  ).toBe(true);
  expect([null, undefined, 1, 'x', {}, { call: 1 }, []].some(isStepHandler)).toBe(false);
});

test('a function step without a handler cannot be bound', () => {
  const services = { secret: () => undefined, now: () => new Date(0) };
  expect(() => functionKind.bind(null, null, services)).toThrow(
    expect.objectContaining({ code: 'HANDLER_NOT_LOADED' }),
  );
});

test('a registry finds handlers by any name, in order of registration', () => {
  const registry = createHandlerRegistry({ 'ApiTask::StepHandler::CartFetchStepHandler': () => 1 });
  const second = (): number => 2;
  registry.add('second', second);
  registry.add('second', second);
  expect(registry.get('second')).toBe(second);
  expect(registry.get('__proto__')).toBeUndefined();
  expect(registry.names()).toEqual(['ApiTask::StepHandler::CartFetchStepHandler', 'second']);
});

test.each([
  ['the name is empty', ' ', () => 1],
  ['got number', 'a', 5],
  ['got an object without call', 'a', {}],
  ['another handler already has this name', 'taken', () => 2],
])('a registry refuses what is no handler under a free name: %s', (problem, name, handler) => {
  const registry = createHandlerRegistry({ taken: () => 1 });
  expect(() => registry.add(name, handler)).toThrow(problem);
});
