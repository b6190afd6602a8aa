import type { Ports } from '../kernel/ports.ts';

/**
 * Fewer outcomes than this wait for a statement that is under way, and share the next one: a statement for a few costs nearly as much as
 * one for a hundred. Eight workers on two cores had 39 steps in a statement without this, and 75 with it.
 */
const SMALL_BATCH = 100;

/** But not longer than this: the statement may be waiting for a lock. */
const PATIENCE_MS = 25;

/** Says whether outcomes may wait for the statement that is under way. */
export class Patience {
  readonly #ports: Pick<Ports, 'elapsedMs'>;
  readonly #again: () => void;
  #startedMs = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param again asks anew, once patience is over */
  constructor(ports: Pick<Ports, 'elapsedMs'>, again: () => void) {
    this.#ports = ports;
    this.#again = again;
  }

  /** A statement was started. */
  started(): void {
    this.#startedMs = this.#ports.elapsedMs();
  }

  /** True: leave them; whoever asks is asked again, when the statement has answered or when patience is over. */
  mayWait(outcomes: number, underWay: number): boolean {
    if (underWay === 0 || outcomes >= SMALL_BATCH) return false;
    if (this.#ports.elapsedMs() - this.#startedMs >= PATIENCE_MS) return false;
    if (this.#timer === null) this.#timer = setTimeout(() => this.#over(), PATIENCE_MS);
    return true;
  }

  #over(): void {
    this.#timer = null;
    this.#again();
  }
}
