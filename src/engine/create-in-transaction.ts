import type { Connection } from '../db/db.ts';
import {
  callerConnection,
  reports,
  unusable,
  type CallerTransaction,
} from '../db/transactions/caller-transaction.ts';
import type { LoadedDefinition } from '../definition/task-definition.ts';
import { TaskerError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import type { TaskRequest } from '../model/task.ts';
import type { CommitHint } from '../store/transactions/database-mark.ts';
import { startCreationSpans } from '../telemetry/creation-span.ts';
import { within } from '../telemetry/within.ts';
import { checkRequests } from './check-requests.ts';
import { createBatches, traced } from './create-task.ts';
import type { EngineParts } from './parts.ts';
import type { PinnedDefinition } from './pinned-definitions.ts';
import type { CreatedTask } from './types.ts';

/** How `create` and `createMany` store tasks as a part of a transaction of yours. */
export interface CreateOptions {
  /** The open transaction: its commit makes the tasks exist, its rollback leaves nothing of them. */
  readonly transaction: CallerTransaction;
  /**
   * Whether PostgreSQL tells the workers at the commit. Without it they find the task when they next look, within their poll interval.
   * @default the option `notify` of createTasker
   */
  readonly notify?: boolean;
}

/** What is known of the database that a caller's transaction must be on. */
export interface Joining {
  readonly databaseMark: string;
  /** The hint that there may be work; null with `notify: false`. */
  readonly hint: CommitHint | null;
}

/** How long to wait for a connection of Tasker's own while the caller's transaction is open. */
const CONNECTED_WITHIN_MS = 10_000;

/**
 * Creates tasks of one definition in the caller's transaction.
 *
 * I1: what can be refused without the database is refused before the first statement: the transaction is as it was.
 * I2: what is refused for its identity leaves the transaction usable, with nothing of the call stored.
 * I3: nothing is remembered, told or counted that a rollback would make untrue: the definition is stored outside of the transaction, no
 *     event is told, no worker takes the first steps on, and the hint is PostgreSQL's to deliver.
 * @throws TRANSACTION_UNUSABLE; what createTasks throws; failures of statements as the caller's client reports them
 */
export async function createInTransaction(
  parts: EngineParts,
  loaded: LoadedDefinition,
  given: {
    readonly requests: readonly TaskRequest[];
    readonly options: CreateOptions;
    /** Null on the embedded database. */
    readonly joining: Joining | null;
  },
): Promise<readonly CreatedTask[]> {
  const { transaction, notify } = checkOptions(given.options);
  if (given.joining === null)
    throw unusable('the embedded database has one connection, which is not yours to begin one on');
  const tx = callerConnection(transaction);
  const { checked, identities } = await checkRequests(loaded, given.requests, parts.limits);
  if (checked.length === 0) return [];
  await join(parts, tx, {
    databaseMark: given.joining.databaseMark,
    hint: notify ? given.joining.hint : null,
  });
  const pinned = await pin(parts, loaded, tx);
  const spans = startCreationSpans(loaded.definition, checked.length);
  const mayBeRefused = checked.length > 1 && identities.some((identity) => identity !== null);
  const create = () => createBatches(parts, pinned, { connection: tx, checked, identities, spans });
  return traced(spans, () => (mayBeRefused ? undoable(tx, create) : create()));
}

const KNOWN = ['transaction', 'notify'];

function checkOptions(options: CreateOptions): Required<CreateOptions> {
  if (typeof options !== 'object' || options === null) throw unusable('there are no options');
  const unknown = Object.keys(options).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) {
    const problem = `there is no such option of create.${didYouMean(unknown, KNOWN)}`;
    throw new TaskerError('INVALID_OPTION', { option: unknown, problem });
  }
  const { transaction, notify = true } = options;
  if (typeof transaction !== 'object' || transaction === null)
    throw unusable('the option `transaction` names none');
  if (typeof notify !== 'boolean')
    throw new TaskerError('INVALID_OPTION', { option: 'notify', problem: 'it is true or false' });
  return { transaction, notify };
}

/** Makes sure that the transaction is open, on the very database, and leaves the hint for its commit. */
async function join(parts: EngineParts, tx: Connection, joining: Joining): Promise<void> {
  const elsewhere = `it is on a database without the schema ${parts.store.tables.schema} that this Tasker works on`;
  try {
    await parts.store.requireTransaction(tx);
  } catch (error) {
    if (reports(error, ['25P01']))
      throw unusable('no transaction is open: begin one first, and use its connection', error);
    if (reports(error, ['42P01', '3F000'])) throw unusable(elsewhere, error);
    throw error;
  }
  const mark = await parts.store.databaseMark(tx, joining.hint);
  if (mark === joining.databaseMark) return;
  // The server may have been replaced by a copy since the start: what Tasker's own connections find now is what counts.
  const now = parts.store.databaseMark(parts.db, null);
  if (mark === null || mark !== (await within(CONNECTED_WITHIN_MS, now, null)))
    throw unusable(elsewhere);
}

/**
 * The definition as it is stored. It is looked for through the transaction, where only committed ones can be seen, because nobody stores
 * one in a transaction of the caller; and it is stored, once in the life of its version, on another connection.
 */
async function pin(
  parts: EngineParts,
  { definition }: LoadedDefinition,
  tx: Connection,
): Promise<PinnedDefinition> {
  const found = await parts.pinned.find(definition, tx);
  if (found !== null) return found;
  const stored = await within(CONNECTED_WITHIN_MS, parts.pinned.save(definition), null);
  if (stored !== null) return stored;
  const problem = `no connection was free within ${CONNECTED_WITHIN_MS / 1_000} s to store definition ${definition.name}: a pool that is shared with open transactions needs room for one more`;
  throw new TaskerError('DATABASE_UNAVAILABLE', { problem });
}

/**
 * Undoes the work when it fails, and leaves the transaction usable. For several requests of which one may be refused when others are
 * stored already; a single one needs no savepoint, because nothing of it is stored then.
 */
async function undoable<T>(tx: Connection, work: () => Promise<T>): Promise<T> {
  await tx.query({ text: 'savepoint tasker_create' });
  let value: T;
  try {
    value = await work();
  } catch (error) {
    try {
      await tx.query({ text: 'rollback to savepoint tasker_create' });
      await tx.query({ text: 'release savepoint tasker_create' });
    } catch {
      throw error; // the transaction is lost with its connection: what began it is the error to report
    }
    throw error;
  }
  await tx.query({ text: 'release savepoint tasker_create' });
  return value;
}
