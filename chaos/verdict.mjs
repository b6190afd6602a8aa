/** What a run's figures have to be. Pure. */
import { SCAN_MS } from './recovery.mjs';

/** Time from the promotion of a standby to the first result that it stored. */
const RESUME_MS = 5_000;

/** Figures that must be zero, whatever was done. */
const ZEROS = [
  'lost',
  'wrongEnds',
  'doubleTasks',
  'unrecorded',
  'runTwice',
  'double',
  'staleWinners',
  'unseen',
  'tooEarly',
  'wrongPoison',
  'violations',
  'wrongAnswers',
  'embeddedLost',
];

/**
 * @param {Readonly<Record<string, number | null>>} figures
 * @param {{ profile: object, minutes: number, leaseMs: number, only: readonly string[] | null }} options
 * @returns {readonly string[]} what is not as it must be; empty = the run counts and the promises hold
 */
export function judge(figures, { profile, minutes, leaseMs, only }) {
  const found = ZEROS.filter((name) => (figures[name] ?? 0) !== 0).map(
    (name) => `${name} is ${figures[name]}, not 0`,
  );
  const { recoveryP99Ms = leaseMs + SCAN_MS, ...least } = profile.bounds;
  found.push(...tooLong(figures, { recoveryP99Ms, resumeAfterPromoteMs: RESUME_MS }));
  if (only !== null) return found; // who chooses the faults knows how many there were
  for (const [name, count] of Object.entries(least)) {
    const wanted = Math.max(1, Math.floor((count * minutes) / profile.minutes));
    if ((figures[name] ?? 0) < wanted)
      found.push(
        `${name} is ${figures[name] ?? 0}, not at least ${wanted}: the attack did not happen`,
      );
  }
  return found;
}

function tooLong(figures, bounds) {
  return Object.entries(bounds).flatMap(([name, most]) =>
    (figures[name] ?? 0) > most ? [`${name} is ${figures[name]}, more than ${most}`] : [],
  );
}
