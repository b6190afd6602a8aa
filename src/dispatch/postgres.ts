import type { Db } from '../db/db.ts';
import type { Logger } from '../kernel/logger.ts';
import { atMostEvery } from './at-most-every.ts';
import type { Dispatcher, Hint } from './dispatcher.ts';
import { MAX_CHANGED_IDS, readPayload, writePayload, type SentHint } from './payload.ts';

/** At most one NOTIFY about work per this time and process: a NOTIFY takes a database-wide lock at its commit. */
const WORK_MS = 50;
/** The same for changes, which are for people's eyes. */
const CHANGED_MS = 100;

/**
 * Hints through NOTIFY, on a channel per schema, in statements of their own outside every write transaction.
 *
 * I1: this process's own listeners are told at once, without the database.
 * I2: `work` and `changed` hints are merged: the first goes out at once, later ones at the end of the quiet time. So a flood of tasks
 *     costs 30 statements a second, and the last hint is never swallowed.
 * I3: a NOTIFY that fails is forgotten: the receivers poll.
 *
 * @param self tells this process's hints from those of others
 */
export function createPostgresDispatcher(
  db: Db,
  schema: string,
  { logger, self }: { readonly logger: Logger; readonly self: string },
): Dispatcher {
  const channel = channelOf(schema);
  const listeners = new Set<(hint: Hint) => void>();
  const sender = createSender((hint) =>
    db
      .query({
        name: 'tasker.notify',
        text: 'select pg_notify($1, $2)',
        values: [channel, writePayload(hint, self)],
      })
      .catch((error: unknown) => logger.debug({ err: error }, 'a hint was not sent')),
  );
  const tellHere = (hint: Hint): void => {
    for (const listener of listeners) listener(hint);
  };
  const hear = (payload: string): void => {
    const hint = readPayload(payload, self);
    if (hint !== null) tellHere(hint);
  };
  let listening: Promise<() => Promise<void>> | null = null;

  return {
    send(hint) {
      if (hint.kind !== 'watching') tellHere(hint);
      sender.send(hint);
    },
    onHint(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async start() {
      listening ??= db.listen(channel, hear, () => tellHere({ kind: 'gap' }));
      const mine = listening;
      try {
        await mine;
      } catch (error) {
        if (listening === mine) listening = null;
        throw error;
      }
    },
    async stop() {
      await sender.finish();
      const stopListening = await listening?.catch(() => null);
      listening = null;
      await stopListening?.();
    },
  };
}

/** The hint that there may be work, as a NOTIFY for a transaction of somebody else, whose commit sends it. */
export function workHint(schema: string): { readonly channel: string; readonly payload: string } {
  return { channel: channelOf(schema), payload: writePayload({ kind: 'work' }, '') };
}

function channelOf(schema: string): string {
  return `tasker_${schema}`.slice(0, 63);
}

/** I2 lives here. `finish` sends what is still to be sent and waits for it. */
function createSender(notify: (hint: SentHint) => Promise<unknown>): {
  send(hint: Hint): void;
  finish(): Promise<void>;
} {
  const sending = new Set<Promise<unknown>>();
  /** Tasks to be named in the next `changed` hint; null when there are too many. */
  let changed: Set<number> | null = new Set();
  const put = (hint: SentHint): void => {
    const sent = notify(hint).finally(() => sending.delete(sent));
    sending.add(sent);
  };
  const work = atMostEvery(WORK_MS, () => put({ kind: 'work' }));
  const changes = atMostEvery(CHANGED_MS, () => {
    put({ kind: 'changed', taskIds: changed === null ? null : [...changed] });
    changed = new Set();
  });
  return {
    send(hint) {
      if (hint.kind === 'work') work.ask();
      else if (hint.kind === 'changed') {
        for (const taskId of hint.taskIds ?? []) changed?.add(taskId);
        if (hint.taskIds === null || (changed?.size ?? 0) > MAX_CHANGED_IDS) changed = null;
        changes.ask();
      } else if (hint.kind !== 'gap') put(hint);
    },
    async finish() {
      work.finish();
      changes.finish();
      await Promise.allSettled(sending);
    },
  };
}
