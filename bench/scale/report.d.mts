/** See report.mjs. */
interface Row {
  readonly key: string;
  readonly title: string;
  readonly digits: number;
  readonly must?: { readonly most: number } | { readonly least: number };
}

interface ShownQuestion {
  readonly name: string;
  readonly rows: readonly Row[];
}

interface ScaleRun {
  readonly question: string;
  readonly round: number;
  readonly measures: Readonly<Record<string, number | null>>;
  readonly problem: string | null;
}

interface Circumstances {
  readonly takenAt: string;
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
  readonly postgres: { readonly server_version: string };
  readonly load: readonly number[];
}

export function renderAnswers(
  questions: readonly ShownQuestion[],
  runs: readonly ScaleRun[],
): string;
export function documentSections(
  questions: readonly ShownQuestion[],
  runs: readonly ScaleRun[],
  machine: Circumstances,
): ReadonlyMap<string, string>;
export function refresh(page: string, sections: ReadonlyMap<string, string>): string;
