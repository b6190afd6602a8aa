import type { Outcome } from './kind.ts';

/** How often each kind of command ran, and how it went. */
export class Tally {
  readonly #counts = new Map<string, Record<Outcome, number>>();
  readonly #ideal: ReadonlyMap<string, readonly Outcome[]>;

  /** @param expected the outcomes that each kind must have had at least once */
  constructor(expected: ReadonlyMap<string, readonly Outcome[]>) {
    this.#ideal = expected;
  }

  add(kind: string, outcome: Outcome): void {
    const counts = this.#counts.get(kind) ?? { accepted: 0, refused: 0 };
    counts[outcome] += 1;
    this.#counts.set(kind, counts);
  }

  get commands(): number {
    return this.#sum('accepted') + this.#sum('refused');
  }

  get refused(): number {
    return this.#sum('refused');
  }

  /** `kind outcome` of each that should have happened and never did. */
  get missing(): readonly string[] {
    return [...this.#ideal].flatMap(([kind, outcomes]) =>
      outcomes
        .filter((outcome) => (this.#counts.get(kind)?.[outcome] ?? 0) === 0)
        .map((outcome) => `${kind} ${outcome}`),
    );
  }

  get kinds(): Readonly<Record<string, Readonly<Record<Outcome, number>>>> {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => a.localeCompare(b)));
  }

  #sum(outcome: Outcome): number {
    return [...this.#counts.values()].reduce((sum, counts) => sum + counts[outcome], 0);
  }
}
