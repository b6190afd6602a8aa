/** When which fault happens: from a profile and a seed alone. */
import { seededRandom } from './random.mjs';

/** Quiet at the start, so that the work is under way, and at the end, so that the last fault has its time. */
const MARGIN_MS = 4_000;

/**
 * @param {{ seed: string | number, durationMs: number, fullMs: number, faults: Readonly<Record<string, number>> }} plan `faults`: how
 *   many of each kind in `fullMs`
 * @returns {readonly { atMs: number, kind: string, seed: string }[]} in order; `seed` is for whatever the fault has to choose
 */
export function makeSchedule({ seed, durationMs, fullMs, faults }) {
  const events = Object.entries(faults).flatMap(([kind, count]) =>
    timesOf(kind, { seed, durationMs, count: Math.round((count * durationMs) / fullMs) }),
  );
  return events.sort((one, other) => one.atMs - other.atMs || (one.kind < other.kind ? -1 : 1));
}

/** Evenly spread, each somewhere in its own slice. */
function timesOf(kind, { seed, durationMs, count }) {
  const random = seededRandom(`${seed} ${kind}`);
  const sliceMs = Math.max(0, durationMs - 2 * MARGIN_MS) / Math.max(1, count);
  return Array.from({ length: count }, (_, index) => ({
    atMs: Math.round(MARGIN_MS + (index + random.next()) * sliceMs),
    kind,
    seed: `${seed} ${kind} ${index}`,
  }));
}

/** The kinds and parts that a run has: those of `--only`, or all. @returns {(kind: string) => boolean} */
export function chosen(only) {
  return (kind) => only === null || only.some((word) => kind === word || kind.endsWith(`-${word}`));
}
