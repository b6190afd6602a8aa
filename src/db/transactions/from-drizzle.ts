import type { CallerTransaction } from './caller-transaction.ts';
import { toTemplate } from './template.ts';

/** The part of a Drizzle transaction that is used. */
export interface DrizzleTransactionLike<Query> {
  execute(query: Query): PromiseLike<unknown>;
}

/** Drizzle's `sql`. */
export type DrizzleSqlLike<Query> = (
  strings: TemplateStringsArray,
  ...values: (string | null)[]
) => Query;

/**
 * The open transaction of Drizzle, on node-postgres or postgres.js. `sql` is Drizzle's own, handed in so that Tasker need not depend on
 * Drizzle.
 *
 * ```ts
 * await db.transaction((tx) => tasker.create('process_order', request, { transaction: fromDrizzle(tx, sql) }));
 * ```
 */
export function fromDrizzle<Query>(
  tx: DrizzleTransactionLike<Query>,
  sql: DrizzleSqlLike<Query>,
): CallerTransaction {
  return {
    async query(text, values) {
      const template = toTemplate(text, values);
      const strings = Object.assign([...template.texts], { raw: template.texts });
      const answer = await tx.execute(sql(strings, ...template.values));
      // node-postgres answers a result with rows, postgres.js the rows themselves
      if (Array.isArray(answer)) return { rows: answer };
      return answer as { readonly rows: readonly unknown[] }; // sound: checked where rows are read
    },
  };
}
