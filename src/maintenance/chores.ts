import { fullJitter } from '../db/pause.ts';
import type { EngineParts } from '../engine/parts.ts';
import { reapLost, sweepAll, sweepIdleTasks } from '../engine/reap.ts';

/** Every how many rounds the slower chores are done. */
const SWEEP_ROUNDS = 5;
const PRUNE_ROUNDS = 150;

/** Chores of every process with a worker. Each is guarded in its statement, so that many may do them at once. */
export interface Chores {
  stop(): Promise<void>;
}

/**
 * Looks for lost workers every two seconds or so (one UPDATE on a small table when there are none), sweeps a slice of the open tasks
 * every tenth second (all of them after a loss), and forgets lapsed identities every fifth minute.
 */
export function startChores(parts: EngineParts, ownWorker: () => number): Chores {
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> = Promise.resolve();
  let rounds = 0;
  let sweptTo = 0;
  /** After an outage the others get time to renew their leases, which lapsed because nobody could. */
  let isAfterOutage = false;

  const round = async (): Promise<void> => {
    rounds += 1;
    try {
      if (isAfterOutage)
        await parts.store.promoteDue(parts.db); // useful, and shows that the outage is over
      else if (await reapLost(parts, { except: ownWorker() })) await sweepAll(parts);
      isAfterOutage = false;
      if (rounds % SWEEP_ROUNDS === 0) sweptTo = await sweepIdleTasks(parts, sweptTo);
      if (rounds % PRUNE_ROUNDS === 0) await parts.store.pruneIdentities(parts.db);
    } catch (error) {
      isAfterOutage = true;
      parts.logger.warn({ err: error }, 'a chore failed; it is done again in the next round');
    }
  };
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        working = round().finally(next);
      },
      1_500 + fullJitter(1_000),
    );
    timer.unref();
  };
  next();
  return {
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await working;
    },
  };
}
