import type { Dispatcher, Hint } from './dispatcher.ts';

/** Hints inside one process: for the embedded database, and for hosts whose pooler does not carry NOTIFY. */
export function createInProcessDispatcher(): Dispatcher {
  const listeners = new Set<(hint: Hint) => void>();
  return {
    send(hint) {
      if (hint.kind === 'watching') return; // for others, and there are none
      for (const listener of listeners) listener(hint);
    },
    onHint(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}
