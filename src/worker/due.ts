import type { EngineParts } from '../engine/parts.ts';

/** Longest sleep of a timer; all real delays live in the database. */
const LONGEST_MS = 30_000;

/**
 * Turns retries into claimable work at their time. Sleeps until the next one that it knows of, at most the poll interval: a retry that
 * another process recorded is found by polling.
 */
export class DueClock {
  readonly #parts: EngineParts;
  readonly #pollMs: () => number;
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | null = null;
  #wakeAtMs = Infinity;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(
    parts: EngineParts,
    options: { readonly pollMs: () => number; readonly onDue: () => void },
  ) {
    this.#parts = parts;
    this.#pollMs = options.pollMs;
    this.#onDue = options.onDue;
  }

  start(): void {
    this.noteRetry(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#looking;
  }

  /** A retry is due in so many milliseconds. */
  noteRetry(inMs: number): void {
    const atMs = this.#parts.ports.elapsedMs() + Math.min(inMs, LONGEST_MS);
    if (this.#stopped || atMs >= this.#wakeAtMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#wakeAtMs = atMs;
    // One millisecond more than asked, because a timer may fire a little early and the database's clock decides.
    this.#timer = setTimeout(
      () => {
        this.#wakeAtMs = Infinity;
        this.#looking ??= this.#look().finally(() => {
          this.#looking = null;
        });
      },
      Math.max(0, Math.min(inMs, LONGEST_MS)) + 1,
    );
  }

  async #look(): Promise<void> {
    let nextMs = this.#pollMs();
    try {
      const { promoted, nextInMs } = await this.#parts.store.promoteDue(this.#parts.db);
      if (promoted > 0) this.#onDue();
      if (nextInMs !== null) nextMs = Math.min(nextMs, Math.max(0, nextInMs));
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'could not look for due retries');
    }
    this.noteRetry(nextMs);
  }
}
