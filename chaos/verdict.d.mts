/** What a run's figures have to be; see verdict.mjs. */
export function judge(
  figures: Readonly<Record<string, number | null>>,
  options: {
    readonly profile: {
      readonly minutes: number;
      /** Least counts by the names of figures; the most where the name ends in `Ms`. */
      readonly bounds: Readonly<Record<string, number>>;
    };
    readonly minutes: number;
    readonly leaseMs: number;
    readonly only: readonly string[] | null;
  },
): { readonly broken: readonly string[]; readonly slow: readonly string[] };
