/** What is wrong with a configuration, and where. */
export interface ConfigProblem {
  /** A path inside `handler_config`, such as `params.cart_id`. */
  readonly path: string;
  readonly message: string;
}

/** Receives each problem that a part of the configuration has. */
export type Report = (path: string, message: string) => void;
