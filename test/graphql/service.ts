import { permissionsOf } from '../../src/contract/permissions.ts';
import { createApi, type TaskerApi } from '../../src/api/app.ts';
import type { ApiOptions } from '../../src/api/options.ts';
import type { TaskerOptions } from '../../src/config/options.ts';
import type { Db } from '../../src/db/db.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import type { Json } from '../../src/kernel/json.ts';
import type { TestDatabase } from '../support/each-database.ts';
import { by } from '../engine/lab.ts';
import { startEngine, type Engine } from '../support/engine.ts';

/** An answer, as far as tests look into it. */
export interface GraphqlReply {
  readonly status: number;
  readonly data: unknown;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly locations?: readonly unknown[];
    readonly extensions: {
      readonly code: string;
      readonly hint: string;
      readonly request_id: string;
    };
  }[];
  /** The code of a problem document: the body was not even a GraphQL request. */
  readonly code?: string;
  readonly text: string;
}

/** Who asks: grants, and namespaces if not all. */
export interface Caller {
  readonly grants?: readonly string[];
  readonly namespaces?: readonly string[];
}

export interface Service {
  readonly engine: Engine;
  readonly api: TaskerApi;
  ask(
    query: string,
    variables?: { readonly [key: string]: Json } | string,
    caller?: Caller,
  ): Promise<GraphqlReply>;
  /** Sends this text as the body. */
  send(body: string, caller?: Caller): Promise<GraphqlReply>;
  /** Creates an order and waits until it is settled; one that fails ends in error. */
  order(context: { readonly [key: string]: Json }): Promise<number>;
  finish(): Promise<void>;
}

/** Three steps; the middle one fails for good when the context says so. */
export const shop = defineTask({ name: 'order', namespace: 'shop', version: '1.0.0' }, (t) => {
  const cart = t.step('cart', { dependentSystem: 'carts' }, ({ context }) => ({ context }));
  const pay = t.step('pay', { dependsOn: { cart }, skippable: true }, ({ context }) => {
    if (isFailing(context)) throw new PermanentError('the card is declined');
    return { paid: true };
  });
  t.step('ship', { dependsOn: { pay } }, () => ({ shipped: true }));
});

function isFailing(context: unknown): boolean {
  return typeof context === 'object' && context !== null && 'fails' in context;
}

/** The same under another namespace. */
export const bank = defineTask({ name: 'transfer', namespace: 'bank', version: '1.0.0' }, (t) => {
  t.step('move', {}, () => 1);
});

/** Starts a Tasker and its interface. Nobody needs a credential: the header `x-test-caller` says who asks, an administrator if absent. */
export async function startService(
  database: TestDatabase,
  options: {
    readonly worker?: TaskerOptions['worker'];
    readonly api?: ApiOptions;
    readonly between?: (db: Db) => Db;
  } = {},
): Promise<Service> {
  const worker = options.worker === undefined ? {} : { worker: options.worker };
  const engine = await startEngine(database, worker, options.between);
  await engine.tasker.register(shop);
  await engine.tasker.register(bank);
  const api = createApi(engine.tasker, { authenticate: callerOf, ...options.api });
  const send: Service['send'] = async (body, caller = {}) => {
    const response = await api.fetch(
      new Request('http://localhost/tasker/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-test-caller': JSON.stringify(caller),
          'x-request-id': 'request-1',
        },
        body,
      }),
      { remoteAddress: '127.0.0.1' },
    );
    const text = await response.text();
    const { data, errors = [], code } = JSON.parse(text) as Partial<GraphqlReply>; // sound: tests compare what is inside
    return {
      status: response.status,
      data,
      errors: Array.isArray(errors) ? errors : [],
      text,
      ...(code === undefined ? {} : { code }),
    };
  };
  return {
    engine,
    api,
    send,
    ask: (query, variables, caller) =>
      send(JSON.stringify({ query, ...(variables === undefined ? {} : { variables }) }), caller),
    async order(context) {
      const { taskId } = await engine.tasker.create('shop/order', { ...by, context });
      await engine.tasker.waitFor(taskId, { timeout: '30s' });
      return taskId;
    },
    async finish() {
      await api.close();
      await engine.finish();
    },
  };
}

function callerOf(request: Request) {
  const { grants = ['admin'], namespaces = null } = JSON.parse(
    request.headers.get('x-test-caller') ?? '{}',
  ) as Caller; // sound: written by send
  return { id: 'tester', permissions: permissionsOf(grants), namespaces };
}
