import type { CallerTransaction } from './caller-transaction.ts';
import { toTemplate } from './template.ts';

/** The part of a Knex transaction that is used. */
export interface KnexTransactionLike {
  raw(sql: string, bindings: readonly (string | null)[]): PromiseLike<unknown>;
}

/** The open transaction of Knex: `knex.transaction((trx) => tasker.create(name, request, { transaction: fromKnex(trx) }))`. */
export function fromKnex(trx: KnexTransactionLike): CallerTransaction {
  return {
    async query(text, values) {
      const template = toTemplate(text, values);
      // A question mark is a parameter to Knex, unless it is escaped.
      const sql = template.texts.map((part) => part.replaceAll('?', '\\?')).join('?');
      const answer = await trx.raw(sql, template.values);
      return answer as { readonly rows: readonly unknown[] }; // sound: checked where rows are read
    },
  };
}
