/** What a run's figures have to be; see verdict.mjs. */
export function judge(
  figures: Readonly<Record<string, number | null>>,
  options: {
    readonly profile: {
      readonly minutes: number;
      /** Least counts by the names of figures; `recoveryP99Ms` is the most. */
      readonly bounds: Readonly<Record<string, number>>;
    };
    readonly minutes: number;
    readonly leaseMs: number;
    readonly only: readonly string[] | null;
  },
): readonly string[];
