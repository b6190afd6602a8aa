import type { CallerTransaction } from './caller-transaction.ts';

/** The part of a Kysely transaction that is used. */
export interface KyselyTransactionLike<Query> {
  executeQuery(query: Query): PromiseLike<{ readonly rows: readonly unknown[] }>;
}

/** Kysely's `CompiledQuery`. */
export interface KyselyCompiledQueryLike<Query> {
  raw(sql: string, parameters: unknown[]): Query;
}

/**
 * The open transaction of Kysely. `CompiledQuery` is Kysely's own, handed in so that Tasker need not depend on Kysely.
 *
 * ```ts
 * await db.transaction().execute((trx) =>
 *   tasker.create('process_order', request, { transaction: fromKysely(trx, CompiledQuery) }),
 * );
 * ```
 */
export function fromKysely<Query>(
  trx: KyselyTransactionLike<Query>,
  compiledQuery: KyselyCompiledQueryLike<Query>,
): CallerTransaction {
  return { query: (text, values) => trx.executeQuery(compiledQuery.raw(text, values)) };
}
