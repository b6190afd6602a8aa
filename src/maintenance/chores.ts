import { fullJitter } from '../db/pause.ts';
import type { EngineParts } from '../engine/parts.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import { reapLost, sweepAll, sweepIdleTasks } from '../engine/reap.ts';

/** How often the chores are done; the first one may be more often, see lookEveryMs. */
const LOOK_MS: Milliseconds = 2_000;
const SWEEP_MS: Milliseconds = 10_000;
const PRUNE_MS: Milliseconds = 300_000;

/** Chores of every process with a worker. Each is guarded in its statement, so that many may do them at once. */
export interface Chores {
  stop(): Promise<void>;
}

/**
 * How often lost workers are looked for: every two seconds or so, and with a short lease every sixth of it, so that the look adds little
 * to the lease.
 */
export function lookEveryMs(leaseMs: Milliseconds): Milliseconds {
  return Math.min(LOOK_MS, leaseMs / 6);
}

/**
 * Looks for lost workers (one UPDATE on a small table when there are none), sweeps a slice of the open tasks every tenth second (all of
 * them after a loss), and forgets lapsed identities every fifth minute.
 *
 * I1: between the start or an outage and the next look for lost workers there is time for others to renew their leases, which lapsed
 *     because nobody could.
 * I2: after a loss or an outage every open task is looked at once, however often that fails: a loss is news only once, and settling that
 *     failed in an outage was left to this.
 */
export function startChores(
  parts: EngineParts,
  { ownWorker, leaseMs }: { readonly ownWorker: () => number; readonly leaseMs: Milliseconds },
): Chores {
  const everyMs = lookEveryMs(leaseMs);
  const sweepRounds = Math.round(SWEEP_MS / everyMs);
  const pruneRounds = Math.round(PRUNE_MS / everyMs);
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> = Promise.resolve();
  let rounds = 0;
  let sweptTo = 0;
  let isAfterOutage = false;
  let owesSweep = false;

  /** Answers whether the next round may look for lost workers soon (I1). */
  const round = async (): Promise<boolean> => {
    rounds += 1;
    const wasAfterOutage = isAfterOutage;
    try {
      if (wasAfterOutage)
        await parts.store.promoteDue(parts.db); // useful, and shows that the outage is over
      else {
        if (await reapLost(parts, { except: ownWorker() })) owesSweep = true;
        if (owesSweep) await sweepAll(parts);
        owesSweep = false;
      }
      isAfterOutage = false;
      if (rounds % sweepRounds === 0) sweptTo = await sweepIdleTasks(parts, sweptTo);
      if (rounds % pruneRounds === 0) await parts.store.pruneIdentities(parts.db);
    } catch (error) {
      isAfterOutage = true;
      owesSweep = true;
      parts.logger.warn({ err: error }, 'a chore failed; it is done again in the next round');
    }
    return !isAfterOutage && !wasAfterOutage;
  };
  const schedule = (inMs: Milliseconds): void => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        working = round().then((isCalm) => schedule(isCalm ? everyMs : LOOK_MS));
      },
      inMs * 0.75 + fullJitter(inMs * 0.5, parts.ports.random),
    );
    timer.unref();
  };
  schedule(LOOK_MS);
  return {
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await working;
    },
  };
}
