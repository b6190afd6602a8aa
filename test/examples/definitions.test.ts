import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { orderInCode } from '../../examples/ecommerce/order.task.ts';
import { handlers } from '../../examples/ecommerce/seed-handlers.ts';
import { startShop } from '../../examples/ecommerce/shop/server.ts';
import { fetchProducts } from '../../examples/ecommerce/steps/products.ts';
import type { StepTemplate, TaskDefinition } from '../../src/definition/task-definition.ts';
import { parseYamlDefinition } from '../../src/definition/yaml/parse-definition.ts';
import { STEP_KINDS } from '../../src/handlers/kinds.ts';
import { BACKOFF_STRATEGIES } from '../../src/retry/backoff.ts';
import { handlerContext } from './context.ts';

/** A file of the example, as the engine reads it. */
function definitionIn(name: string, environment: string): TaskDefinition {
  const file = fileURLToPath(new URL(`../../examples/ecommerce/${name}`, import.meta.url));
  return parseYamlDefinition(readFileSync(file), {
    file,
    environment,
    kinds: STEP_KINDS,
    strategies: new Set(BACKOFF_STRATEGIES.keys()),
    hasHandler: (handler) => Object.hasOwn(handlers, handler),
  }).definition;
}

/** What must not differ between the order in YAML and in code. */
function plan({ name, description, dependentSystem, parents, ...step }: StepTemplate) {
  const { retryable, retryLimit, backoff, timeoutMs, skippable } = step;
  return {
    name,
    description,
    dependentSystem,
    parents,
    retryable,
    retryLimit,
    backoff,
    timeoutMs,
    skippable,
  };
}

test('order.yaml and order.task.ts plan the same steps', () => {
  const yaml = definitionIn('order.yaml', 'test');

  expect(orderInCode.definition.steps.map(plan)).toEqual(yaml.steps.map(plan));
});

test('the first two steps wait for nothing, and each of the others for those before it', () => {
  const { steps } = definitionIn('order.yaml', 'test');

  expect(steps.map((step) => step.parents)).toEqual([[], [], [0, 1], [2], [3]]);
});

test('seed.yaml reads as it is, keeps the words of Ruby, and finds every handler under its name', () => {
  const { steps, metadata } = definitionIn('seed.yaml', 'test');

  expect(metadata).toMatchObject({
    module_namespace: 'ApiTask',
    class_name: 'IntegrationYamlExample',
  });
  expect(steps.map((step) => step.handler)).toEqual(
    Object.keys(handlers).map((name) => ({ from: 'registry', name })),
  );
});

test('production gives the catalogue more attempts than other environments', () => {
  const limit = (environment: string) =>
    definitionIn('order.yaml', environment).steps[1]?.retryLimit;

  expect([limit('development'), limit('production')]).toEqual([5, 10]);
});

test('the step without code fetches what the handler in code fetches', async () => {
  const shop = await startShop({ port: 0 });
  try {
    const ctx = handlerContext({ context: { cart_id: 1, shop_port: shop.port } });
    const step = definitionIn('order.yaml', 'test').steps[1];
    const run = STEP_KINDS.get('api')?.bind(step?.config ?? null, null, {
      secret: () => undefined,
      now: () => new Date(),
    });

    const withoutCode = await run?.(ctx);

    expect(withoutCode).toEqual(await fetchProducts(ctx));
  } finally {
    await shop.stop();
  }
});
