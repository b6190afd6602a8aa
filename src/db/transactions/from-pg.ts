import { callerConnection, type CallerTransaction } from './caller-transaction.ts';

/** The part of a `pg.Client`, or of a client of a `pg.Pool`, that is used. */
export interface PgClientLike {
  query(
    text: string,
    values: (string | null)[],
  ): PromiseLike<{ readonly rows: readonly unknown[] }>;
  /** A pool has it, a client does not. */
  readonly totalCount?: never;
}

/**
 * The open transaction of a node-postgres client.
 *
 * ```ts
 * await client.query('begin');
 * await tasker.create('process_order', request, { transaction: fromPg(client) });
 * await client.query('commit');
 * ```
 *
 * @throws TRANSACTION_UNUSABLE for a pool: its statements run on any of its connections
 */
export function fromPg(client: PgClientLike): CallerTransaction {
  callerConnection(client); // refuses what cannot be one, at the line that is wrong
  return { query: (text, values) => client.query(text, values) };
}
