/** What a hint is about. */
export type Hint =
  /** There may be work in the queue. */
  | { readonly kind: 'work' }
  /** Runs of this task may have been taken from their workers: cancelled or resolved. */
  | { readonly kind: 'taken'; readonly taskId: number }
  /** Somebody in another process wants to hear of changes for a while. Never told to the process that sends it. */
  | { readonly kind: 'watching' }
  /** Tasks changed; null when they are too many to name. */
  | { readonly kind: 'changed'; readonly taskIds: readonly number[] | null }
  /** Hints of other processes may have been lost before this one. Never sent. */
  | { readonly kind: 'gap' };

/**
 * Hints between processes: "there may be work". The law of hints: a hint carries no work, and losing every one of them costs the poll
 * interval and nothing else.
 */
export interface Dispatcher {
  /** Sends a hint to this process and to others. Never throws, never waits; hints of one kind are merged. */
  send(hint: Hint): void;
  /** Subscribes this process; the answer unsubscribes. A listener that was away gets a `gap` hint when it is back. */
  onHint(listener: (hint: Hint) => void): () => void;
  /** Begins to hear other processes. Twice is fine; after a failure it may be tried again. */
  start(): Promise<void>;
  stop(): Promise<void>;
}
