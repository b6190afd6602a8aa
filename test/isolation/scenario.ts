import type { EngineParts } from '../../src/engine/parts.ts';
import type { Stage } from './stage.ts';

/** One session of a scenario. */
export interface Actor {
  readonly name: string;
  /** What it does, through the engine's own verbs and statements. The answer is part of the outcome: one word or two. */
  readonly act: (parts: EngineParts) => Promise<string>;
}

/** The beginning of one interleaving. */
export interface Scene {
  /** Tasks of the outcome, in order. */
  readonly taskIds: readonly number[];
  readonly actors: readonly Actor[];
  /** What the engine does some time later by itself, for instance the next round of a chore. The outcome is read after it. */
  readonly aftermath?: (parts: EngineParts) => Promise<unknown>;
}

/** Two or three sessions that meet on the same rows, and every way in which that may end. */
export interface Scenario {
  readonly name: string;
  /** What must be true however their statements fall. */
  readonly promise: string;
  /** Makes tasks and workers anew, for one interleaving. */
  readonly scene: (stage: Stage) => Promise<Scene>;
  /** Every outcome that some interleaving has; none has another. */
  readonly outcomes: readonly string[];
  /**
   * True where the engine leaves it to the server to end a deadlock and does the undone work again; then the order of locks is not
   * proven by this scenario. It must meet at least one. @default false: none may meet a deadlock
   */
  readonly retried?: boolean;
  /** True for those that run with every `npm test`. @default false */
  readonly always?: boolean;
}
