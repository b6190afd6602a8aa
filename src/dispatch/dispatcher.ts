/** What a hint is about. */
export type Hint =
  /** There may be work in the queue. */
  | { readonly kind: 'work' }
  /** Runs of this task may have been taken from their workers: cancelled or resolved. */
  | { readonly kind: 'taken'; readonly taskId: number };

/**
 * Hints between processes: "there may be work". The law of hints: a hint carries no work, and losing every one of them costs the poll
 * interval and nothing else.
 */
export interface Dispatcher {
  /** Sends a hint to this process and to others. Never throws, never waits; hints of one kind are merged. */
  send(hint: Hint): void;
  /** Subscribes this process; the answer unsubscribes. A listener that was away may get one extra `work` hint when it is back. */
  onHint(listener: (hint: Hint) => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}
