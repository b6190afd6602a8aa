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

/** Names of counts that must be reached; the other bounds are times. */
const isTime = (name) => name.endsWith('Ms');

/**
 * @param {Readonly<Record<string, number | null>>} figures
 * @param {{ profile: object, minutes: number, leaseMs: number, only: readonly string[] | null }} options
 * @returns {{ broken: readonly string[], slow: readonly string[] }} what is not as it must be, and what took longer than it should: that
 *   fails a run only where the profile has that very bound, because a machine that others use is slow too
 */
export function judge(figures, { profile, minutes, leaseMs, only }) {
  const broken = ZEROS.filter((name) => (figures[name] ?? 0) !== 0).map(
    (name) => `${name} is ${figures[name]}, not 0`,
  );
  for (const [name, bound] of Object.entries(profile.bounds)) {
    if (isTime(name)) broken.push(...tooLong(figures, { [name]: bound }));
    else if (only === null)
      broken.push(...tooFew(figures, name, (bound * minutes) / profile.minutes));
  }
  const slow = tooLong(figures, {
    recoveryP99Ms: leaseMs + SCAN_MS,
    resumeAfterPromoteMs: RESUME_MS,
  });
  return { broken, slow };
}

function tooFew(figures, name, bound) {
  const least = Math.max(1, Math.floor(bound));
  const found = figures[name] ?? 0;
  return found >= least
    ? []
    : [`${name} is ${found}, not at least ${least}: the attack did not happen`];
}

function tooLong(figures, bounds) {
  return Object.entries(bounds).flatMap(([name, most]) =>
    (figures[name] ?? 0) > most ? [`${name} is ${figures[name]}, more than ${most}`] : [],
  );
}
