/** One error of the catalogue. */
export interface Entry {
  readonly status: number;
  readonly exit?: number;
  readonly message: (details: never) => string;
  /** What the reader should do, as one sentence. */
  readonly hint: string;
}
