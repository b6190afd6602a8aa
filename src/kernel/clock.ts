/** The wall clock of this machine: for people, for `Retry-After` dates and for file names. Scheduling uses the database's clock. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
