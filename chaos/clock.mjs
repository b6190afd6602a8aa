/** Microseconds of the machine's steady clock, the same in every process of it, whatever is done to `Date`. */
export function monotonicUs() {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** What must be added to `monotonicUs()` for microseconds since 1970 by this process's own clock. */
export function wallOffsetUs() {
  return Date.now() * 1_000 - monotonicUs();
}
