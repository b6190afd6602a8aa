/** What of the payload a caller may see. */
export interface Sight {
  /** Contexts, inputs and annotations. */
  readonly context: boolean;
  /** Results and errors. */
  readonly results: boolean;
}
