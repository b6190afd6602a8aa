/** When which fault happens; see schedule.mjs. */
export interface ScheduledFault {
  readonly atMs: number;
  readonly kind: string;
  /** For whatever the fault has to choose. */
  readonly seed: string;
}

export function makeSchedule(plan: {
  readonly seed: string | number;
  readonly durationMs: number;
  /** The length of a run for which `faults` are meant. */
  readonly fullMs: number;
  readonly faults: Readonly<Record<string, number>>;
}): readonly ScheduledFault[];

/** Whether a kind or part belongs to a run of these words; null: all do. `kill` stands for every kind that ends in `-kill`. */
export function chosen(only: readonly string[] | null): (kind: string) => boolean;
