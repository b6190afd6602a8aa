import { z } from 'zod';
import { defineTask, jsonSchema } from '../../src/definition/define-task.ts';
import type {
  CreateRequest,
  DefinedTask,
  TaskOutput,
  TypedTaskRequest,
} from '../../src/definition/types.ts';
import type { LoadedDefinition } from '../../src/definition/task-definition.ts';
import type { Json } from '../../src/kernel/json.ts';

/*
 * Checked by the compiler alone: every line below is a promise about types. `@ts-expect-error` fails when the error is missing.
 */

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(): T | undefined {
  return undefined;
}

interface Line {
  sku: string;
  quantity: number;
}

const processOrder = defineTask(
  {
    name: 'process_order',
    version: '1.2.0',
    schema: z.object({ cart_id: z.number() }),
    defaultDependentSystem: 'shop',
    queue: 'orders',
  },
  (t) => {
    const cart = t.step(
      'fetch_cart',
      {
        retryLimit: 5,
        timeout: '10s',
        backoff: { strategy: 'fixed', base: '2s' },
        handlerConfig: { url: 'https://shop.example/carts' },
      },
      async ({ context, config, deps, signal, task }) => {
        expectType<Equal<typeof context, Readonly<{ cart_id: number }>>>();
        expectType<Equal<typeof config, { url: string }>>();
        expectType<Equal<typeof deps, {}>>();
        expectType<Equal<typeof signal, AbortSignal>>();
        expectType<Equal<typeof task.id, number>>();
        const lines: Line[] = [];
        return { lines, coupon: null as string | null };
      },
    );
    const products = t.step('fetch_products', { backoff: (attempt) => attempt * 100 }, () => [
      'a',
      'b',
    ]);
    const coupon = t.step('apply_coupon', { dependsOn: { cart }, skippable: true }, ({ deps }) => ({
      off: deps.cart.lines.length,
    }));
    const check = t.step(
      'check',
      { dependsOn: { cart } },
      { call: ({ deps }) => deps.cart.coupon ?? 'none' },
    );
    const stock = t.step('stock', { dependsOn: { list: products } }, StockHandler);
    const named = t.step('named', { dependsOn: { cart } }, 'Shop::Named');
    const rates = t.api('rates', {
      dependsOn: { cart },
      handlerConfig: { url: 'https://rates.example/today' },
    });
    const order = t.step(
      'create_order',
      { dependsOn: { cart, products, coupon, check, stock, named, rates } },
      ({ deps }) => {
        expectType<Equal<typeof deps.cart, { lines: Line[]; coupon: string | null }>>();
        expectType<Equal<typeof deps.products, string[]>>();
        expectType<Equal<typeof deps.coupon, { off: number } | undefined>>();
        expectType<Equal<typeof deps.check, string>>();
        expectType<Equal<typeof deps.stock, { left: number }>>();
        expectType<Equal<typeof deps.named, Json>>();
        expectType<Equal<typeof deps.rates, Json>>();
        // @ts-expect-error it is no declared dependency
        void deps.fetch_cart;
        return { order_id: 'o_1' as const, total: deps.products.length };
      },
    );
    // @ts-expect-error there is no such option
    t.step('typo', { retryLimits: 5 }, () => null);
    // @ts-expect-error there is no such strategy
    t.step('strategy', { backoff: 'exponental' }, () => null);
    // @ts-expect-error a duration has a unit
    t.step('duration', { timeout: '10 seconds' }, () => null);
    // @ts-expect-error a dependency is a step handle, not a name
    t.step('by_name', { dependsOn: { cart: 'fetch_cart' } }, () => null);
    // @ts-expect-error an api step needs its configuration
    t.api('no_config', {});
    return { order, coupon };
  },
);

class StockHandler {
  call(ctx: { readonly deps: { readonly list: readonly string[] } }): { left: number } {
    return { left: ctx.deps.list.length };
  }
}

expectType<Equal<typeof processOrder.name, 'process_order'>>();
expectType<
  Equal<
    TaskOutput<typeof processOrder>,
    {
      readonly order: { order_id: 'o_1'; total: number };
      readonly coupon: { off: number } | undefined;
    }
  >
>();
expectType<Equal<CreateRequest<typeof processOrder>, TypedTaskRequest<{ cart_id: number }>>>();

// A defined task is what `register` takes, and its types can be read back from it.
const loaded: LoadedDefinition = processOrder;
void loaded;
declare function create<Context, Output>(
  task: DefinedTask<string, Context, Output>,
  request: TypedTaskRequest<NoInfer<Context>>,
): Promise<Output>;

const who = { initiator: 'web', reason: 'new order', sourceSystem: 'shop' };
const created = create(processOrder, {
  ...who,
  context: { cart_id: 1 },
  tags: ['a'],
  bypassSteps: ['apply_coupon'],
  priority: 2,
  idempotencyKey: 'k',
});
expectType<
  Equal<
    typeof created,
    Promise<{
      readonly order: { order_id: 'o_1'; total: number };
      readonly coupon: { off: number } | undefined;
    }>
  >
>();
// @ts-expect-error the context does not fit the schema
void create(processOrder, { ...who, context: { cart_id: 'x' } });
// @ts-expect-error who asks is required
void create(processOrder, { context: { cart_id: 1 }, reason: 'r', sourceSystem: 's' });
// @ts-expect-error why is required
void create(processOrder, { context: { cart_id: 1 }, initiator: 'i', sourceSystem: 's' });
// @ts-expect-error where it comes from is required
void create(processOrder, { context: { cart_id: 1 }, initiator: 'i', reason: 'r' });

// A schema that transforms: the caller sends its input, handlers see its output.
const transforming = defineTask(
  { name: 'transforming', schema: z.object({ n: z.string().transform(Number) }) },
  (t) => {
    t.step('a', {}, ({ context }) => expectType<Equal<typeof context, Readonly<{ n: number }>>>());
  },
);
expectType<Equal<CreateRequest<typeof transforming>, TypedTaskRequest<{ n: string }>>>();
expectType<Equal<keyof TaskOutput<typeof transforming>, never>>();

// A JSON Schema with a type beside it, and without one.
const described = defineTask(
  { name: 'described', schema: jsonSchema<{ id: number }>({ type: 'object' }) },
  (t) => {
    const only = t.step('a', {}, ({ context }) => context.id);
    return { only };
  },
);
expectType<Equal<TaskOutput<typeof described>, { readonly only: number }>>();
expectType<Equal<CreateRequest<typeof described>, TypedTaskRequest<{ id: number }>>>();
const open = defineTask({ name: 'open', schema: { type: 'object' } }, (t) => {
  t.step('a', {}, ({ context }) => expectType<Equal<typeof context, Readonly<Json>>>());
});
expectType<Equal<CreateRequest<typeof open>, TypedTaskRequest<Json>>>();
const without = defineTask({ name: 'without' }, (t) => {
  t.step('a', {}, () => null);
});
expectType<Equal<CreateRequest<typeof without>, TypedTaskRequest<Json>>>();
