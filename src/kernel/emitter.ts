/** A subscriber of one event. */
export type Listener<Payload> = (payload: Payload) => void;

/**
 * Typed events inside one process.
 *
 * I1: a listener that throws never disturbs the one who emits or the other listeners; its error goes to `onListenerError`.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #onListenerError: (error: unknown, event: keyof Events) => void;

  constructor(onListenerError: (error: unknown, event: keyof Events) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Subscribes; the returned function unsubscribes. */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): () => void {
    const known = this.#listeners.get(event) ?? new Set();
    known.add(listener);
    this.#listeners.set(event, known);
    return () => void known.delete(listener);
  }

  /** True when somebody listens, so that a hot path can skip building the payload. */
  has(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  emit<Name extends keyof Events>(event: Name, payload: Events[Name]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as Listener<Events[Name]>)(payload); // sound: on() keeps it under its own name
      } catch (error) {
        this.#onListenerError(error, event);
      }
    }
  }
}
