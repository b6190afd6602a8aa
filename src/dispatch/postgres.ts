import type { Db } from '../db/db.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Dispatcher, Hint } from './dispatcher.ts';
import { createInProcessDispatcher } from './in-process.ts';

/** At most one NOTIFY per this time and process: a NOTIFY takes a database-wide lock at its commit. */
const QUIET_MS = 50;

/**
 * Hints through NOTIFY, on a channel per schema, in statements of their own outside every write transaction.
 *
 * I1: this process's own listeners are told at once, without the database.
 * I2: `work` hints are merged: the first goes out at once, later ones at the end of the quiet time. So a flood of tasks costs 20
 *     statements a second, and the last hint is never swallowed.
 * I3: a NOTIFY that fails is forgotten: the receivers poll.
 */
export function createPostgresDispatcher(db: Db, schema: string, logger: Logger): Dispatcher {
  const local = createInProcessDispatcher();
  const channel = `tasker_${schema}`.slice(0, 63);
  let quiet: NodeJS.Timeout | null = null;
  let workAgain = false;
  let stopListening: (() => Promise<void>) | null = null;
  const sending = new Set<Promise<unknown>>();

  const notify = (payload: string): void => {
    const sent = db
      .query({
        name: 'tasker.notify',
        text: 'select pg_notify($1, $2)',
        values: [channel, payload],
      })
      .catch((error: unknown) => logger.debug({ err: error }, 'a hint was not sent'))
      .finally(() => sending.delete(sent));
    sending.add(sent);
  };

  const notifyWork = (): void => {
    workAgain = quiet !== null;
    if (workAgain) return;
    notify('work');
    quiet = setTimeout(() => {
      quiet = null;
      if (workAgain) notifyWork();
    }, QUIET_MS);
    quiet.unref();
  };

  return {
    send(hint) {
      local.send(hint);
      if (hint.kind === 'work') notifyWork();
      else notify(`taken:${hint.taskId}`);
    },
    onHint: (listener) => local.onHint(listener),
    async start() {
      stopListening = await db.listen(
        channel,
        (payload) => local.send(parse(payload)),
        () => local.send({ kind: 'work' }),
      );
    },
    async stop() {
      if (quiet !== null) clearTimeout(quiet);
      quiet = null;
      if (workAgain) notify('work');
      workAgain = false;
      await Promise.allSettled(sending);
      await stopListening?.();
      stopListening = null;
    },
  };
}

function parse(payload: string): Hint {
  const taskId = /^taken:(\d{1,12})$/.exec(payload)?.[1];
  return taskId === undefined ? { kind: 'work' } : { kind: 'taken', taskId: Number(taskId) };
}
