import type { CallerTransaction } from './caller-transaction.ts';

/** The part of the `sql` of a postgres.js transaction that is used. */
export interface PostgresJsTransactionLike {
  unsafe(query: string, parameters: (string | null)[]): PromiseLike<readonly unknown[]>;
}

/**
 * The open transaction of postgres.js. No value is written into a statement: "unsafe" is only its name.
 *
 * ```ts
 * await sql.begin((tx) => tasker.create('process_order', request, { transaction: fromPostgresJs(tx) }));
 * ```
 */
export function fromPostgresJs(sql: PostgresJsTransactionLike): CallerTransaction {
  return {
    query: async (text, values) => ({ rows: [...(await sql.unsafe(text, values))] }),
  };
}
