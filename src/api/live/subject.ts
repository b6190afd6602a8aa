import type { TaskAnnotation } from '../../model/task.ts';
import type { TaskProgress } from '../../engine/progress.ts';

/** A task that changed, with what the filters of the moment need to know about it. */
export interface Subject extends TaskProgress {
  /** The systems of its steps; empty when no filter asks. */
  readonly systems: ReadonlySet<string>;
  /** Its notes; empty when no filter asks. */
  readonly annotations: readonly TaskAnnotation[];
}

/** What filters ask for beyond the task itself. */
export interface Needs {
  readonly systems: boolean;
  readonly annotations: boolean;
}
