import { TaskerError } from '../../kernel/errors.ts';
import type { Connection, Row } from '../db.ts';
import { encodeValue } from '../value-types.ts';

/**
 * A transaction that your code has begun and not yet ended, on the database of Tasker. `fromPg`, `fromKnex`, `fromKysely`, `fromDrizzle`,
 * `fromPrisma` and `fromPostgresJs` make one; for another library it is a few lines.
 */
export interface CallerTransaction {
  /**
   * Runs one statement on the transaction's connection. `text` has the placeholders `$1`, `$2`, …; the values are texts or null, whatever
   * the type of the parameter. Rows are objects; what their values are parsed into does not matter, nor whether names are snake_case.
   */
  query(
    text: string,
    values: (string | null)[],
  ): PromiseLike<{ readonly rows: readonly unknown[] }>;
}

/**
 * Statements of the store on a caller's transaction. Nothing is prepared under a name, and nothing depends on how the caller's client
 * reads or writes types.
 *
 * Failures come as the client reports them: whoever began the transaction knows its library's errors, and decides.
 * @throws TRANSACTION_UNUSABLE for a pool, and for what has no query()
 */
export function callerConnection(transaction: CallerTransaction): Connection {
  if (isPool(transaction)) throw unusable('it is a pool, whose statements run on any connection');
  if (typeof transaction?.query !== 'function') throw unusable('it has no query(text, values)');
  return {
    async query({ text, values = [] }) {
      const answer: unknown = await transaction.query(withTextParameters(text), values.map(toText));
      const rows = rowsOf(answer).map(readRow);
      return { rows, rowCount: rows.length };
    },
  };
}

/** TRANSACTION_UNUSABLE with its cause. */
export function unusable(problem: string, cause?: unknown): TaskerError<'TRANSACTION_UNUSABLE'> {
  return new TaskerError('TRANSACTION_UNUSABLE', { problem }, { cause });
}

/** Whether the server reported one of these SQLSTATE codes, in the error itself or wherever a library put the server's answer. */
export function reports(error: unknown, states: readonly string[]): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth += 1) {
    const text = `${textOf(at, 'code')} ${textOf(at, 'message')}`;
    if (states.some((state) => new RegExp(`\\b${state}\\b`).test(text))) return true;
    at = Reflect.get(at, 'cause');
  }
  return false;
}

function textOf(object: object, field: string): string {
  const value: unknown = Reflect.get(object, field);
  return typeof value === 'string' ? value : '';
}

/** A `pg.Pool`, by what no single client has. */
function isPool(value: object): boolean {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && typeof Reflect.get(value, 'totalCount') === 'number';
}

/**
 * Every cast parameter as text that the server casts: a client that asks the server for a parameter's type would write our text a second
 * time as JSON, or refuse it.
 */
function withTextParameters(text: string): string {
  return text.replace(/\$(\d+)::(?!text\b(?!\[))/g, '$$$1::text::');
}

function toText(value: unknown): string | null {
  const encoded = encodeValue(value);
  if (Buffer.isBuffer(encoded))
    throw new TaskerError('DATABASE_FAULT', {
      problem: 'bytes cannot be bound in a transaction of the caller',
    });
  return encoded;
}

function rowsOf(answer: unknown): readonly unknown[] {
  const rows: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'rows') : undefined;
  if (!Array.isArray(rows)) throw unusable('its query() answers no { rows }');
  return rows;
}

/** A row with our names and numbers, whatever the caller's client makes of them. */
function readRow(row: unknown): Row {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw unusable('its query() answers rows that are no objects');
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [toSnakeCase(name), toNumber(value)]),
  );
}

function toSnakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

/** An int8 comes as number, text or bigint. No text of a statement that runs here looks like a number of at most 15 digits. */
function toNumber(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^(?:0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value;
}
