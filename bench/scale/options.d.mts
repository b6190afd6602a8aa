/** See options.mjs. */
export interface ScaleOptions {
  readonly questions: readonly string[];
  /** Null: as many rounds as each question has by default. */
  readonly repeat: number | null;
  readonly size: number;
  readonly json: string | null;
  readonly writeDocs: string | null;
  readonly quick: boolean;
  readonly help: boolean;
}

export function readOptions(argv: readonly string[]): ScaleOptions;
