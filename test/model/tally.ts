import type { Outcome } from './kind.ts';

/** The rarest outcome is expected some 40 times among so many commands. */
const LARGE = 20_000;

/** How often each kind of command ran, and how it went. */
export class Tally {
  readonly #counts = new Map<string, Record<Outcome, number>>();
  readonly #expected: ReadonlyMap<string, readonly Outcome[]>;

  /** @param expected the outcomes that each kind must have had at least once */
  constructor(expected: ReadonlyMap<string, readonly Outcome[]>) {
    this.#expected = expected;
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

  /** Whether there were so many commands that each kind must have had each of its outcomes: with fewer, chance may leave one out. */
  get isLarge(): boolean {
    return this.commands >= LARGE;
  }

  /** `kind outcome` of each that should have happened and never did. */
  get missing(): readonly string[] {
    return [...this.#expected].flatMap(([kind, outcomes]) =>
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
