interface Waiting {
  readonly isExclusive: boolean;
  readonly go: () => void;
}

/**
 * Keeps the statements of others out of an open transaction, when both share one session.
 *
 * I1: while `exclusive` work runs, nothing else does. Work that passes may overlap: the session itself takes it in order.
 * I2: first come, first served; so a stream of single statements cannot starve a transaction.
 */
export class TransactionGate {
  readonly #waiting: Waiting[] = [];
  #isClosed = false;
  #passing = 0;

  /** Runs one statement as soon as no transaction is open or waiting. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed || this.#waiting.length > 0) await this.#wait(false);
    else this.#passing += 1;
    try {
      return await work();
    } finally {
      this.#passing -= 1;
      this.#admit();
    }
  }

  /** Runs a transaction when nothing else runs. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed || this.#passing > 0 || this.#waiting.length > 0) await this.#wait(true);
    else this.#isClosed = true;
    try {
      return await work();
    } finally {
      this.#isClosed = false;
      this.#admit();
    }
  }

  /** The place is taken by `#admit` before the waiter runs, so nobody slips in between. */
  #wait(isExclusive: boolean): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ isExclusive, go: resolve }));
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && !this.#isClosed;
      next = this.#waiting[0]
    ) {
      if (next.isExclusive && this.#passing > 0) return;
      if (next.isExclusive) this.#isClosed = true;
      else this.#passing += 1;
      this.#waiting.shift();
      next.go();
    }
  }
}
