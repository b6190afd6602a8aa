/** What the engine asks its database for; see scan.mjs. */
export interface EngineMap {
  /** What must be exercised before and after: `cancel-task/lock-tasks`, `create/commit(create-tasks)`. */
  readonly required: readonly string[];
  /** Statements that belong to no verb, verbs that have lost their function. */
  readonly problems: readonly string[];
}

/** The text of every compiled file that may ask the database for the engine, by its path under dist. */
export function compiledFiles(): ReadonlyMap<string, string>;

/** @param files @default compiledFiles() */
export function scan(files?: ReadonlyMap<string, string>): EngineMap;
