/** The figures in the page of guarantees; see docs.mjs. */
export type RecordedRun = Readonly<Record<string, unknown>>;

export function writeDocs(): void;
/** The recorded runs, in the order of the profiles. */
export function readResults(): readonly RecordedRun[];
/** The page with the table of these runs between its marks. @throws Error when the marks are missing */
export function withFigures(page: string, runs: readonly RecordedRun[]): string;
/** A Markdown table as the formatter leaves it. */
export function figuresTable(runs: readonly RecordedRun[]): string;
