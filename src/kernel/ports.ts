import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock, type Clock } from './clock.ts';
import type { Milliseconds } from './duration.ts';

/** A source of randomness: each call gives a fresh number from 0 (inclusive) to 1 (exclusive), as `Math.random` does. */
export type Random = () => number;

/**
 * What the core knows of the machine that it runs on, besides its database: given to it, never looked for. What is scheduled, and when,
 * is decided by the database's clock alone.
 */
export interface Ports {
  /** The time of day, for dates that people and other systems write, such as `Retry-After`. */
  readonly clock: Clock;
  /** Milliseconds since some moment; never goes back. Measures waits inside this process. */
  readonly elapsedMs: () => Milliseconds;
  /** Spreads delays. Decides nothing, and keeps no secret. */
  readonly random: Random;
  /** Bytes that nobody can guess. */
  readonly secretBytes: (size: number) => Buffer;
  /** How this process is shown to people. */
  readonly process: { readonly hostname: string; readonly pid: number };
}

/** The machine itself. */
export const systemPorts: Ports = {
  clock: systemClock,
  elapsedMs: () => performance.now(),
  random: () => Math.random(),
  secretBytes: (size) => randomBytes(size),
  process: { hostname: hostname(), pid: process.pid },
};
