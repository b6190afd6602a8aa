import type pg from 'pg';
import { defineTask, fromPg } from '../../src/index.ts';
import type { CallerTransaction, CreatedTask, Tasker } from '../../src/index.ts';

/*
 * Checked by the compiler alone: every line below is a promise about types. `@ts-expect-error` fails when the error is missing.
 */

declare const tasker: Tasker;
declare const client: pg.Client;
declare const pooled: pg.PoolClient;
declare const pool: pg.Pool;

const greet = defineTask({ name: 'greet' }, (t) => ({ text: t.step('text', {}, () => 'hello') }));
const request = { context: {}, initiator: 'a', reason: 'b', sourceSystem: 'c' };

export async function promises(): Promise<void> {
  const transactions: CallerTransaction[] = [fromPg(client), fromPg(pooled), client];
  const [transaction = fromPg(client)] = transactions;

  const { text } = await (await tasker.create(greet, request, { transaction })).result();
  text satisfies string | undefined;
  const one: CreatedTask = await tasker.create('greet', request, { transaction, notify: false });
  const many: readonly CreatedTask[] = await tasker.createMany('greet', [request], { transaction });

  await tasker.createMany(greet, [request], { transaction });
  // @ts-expect-error -- a task defined in code asks for who and why, as with create
  await tasker.createMany(greet, [{ context: {} }], { transaction });

  // @ts-expect-error -- a pool is no transaction
  fromPg(pool);
  // @ts-expect-error -- options without a transaction would mean nothing
  await tasker.create('greet', request, { notify: false });
  // @ts-expect-error -- nor does an option that does not exist
  await tasker.create('greet', request, { transaction, retry: true });
  console.log(one, many);
}
