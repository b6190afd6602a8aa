import { isTaskSettled, type TaskStatus } from '../model/status.ts';
import { createSeries, observe, type Series } from './histogram.ts';

/** How a task ended, as it is counted. */
export type TaskEnd = Exclude<TaskStatus, 'pending' | 'in_progress'>;

/** True for a status that a task ends in. */
export function isTaskEnd(status: TaskStatus): status is TaskEnd {
  return isTaskSettled(status);
}

/** How an attempt ended, as it is counted. */
export type AttemptEnd = 'success' | 'error' | 'timeout' | 'cancelled' | 'lost';

/** The definition that something is counted for. */
export interface Measured {
  readonly definitionId: number;
  readonly definition: { readonly namespace: string; readonly name: string };
}

/** An attempt that this process ran. */
export interface MeasuredAttempt {
  readonly end: AttemptEnd;
  readonly queue: string;
  readonly durationMs: number;
}

/** What happened to the tasks of one name. */
export interface TaskCounts {
  readonly labels: { readonly namespace: string; readonly name: string };
  created: number;
  readonly ended: Record<TaskEnd, number>;
  readonly attempts: Record<AttemptEnd, number>;
}

/** Tasks of so many names are told apart; all further ones are counted together as `other`, so that a scrape stays bounded. */
export const MOST_NAMES = 200;

/**
 * Counts what this process does. Plain numbers: counting must not be felt, because every step is counted twice or three times.
 * Nothing here is ever reset; a scraper takes the differences.
 */
export class Measures {
  readonly #byDefinition = new Map<number, TaskCounts>();
  readonly #byName = new Map<string, TaskCounts>();
  readonly #durations = new Map<string, Map<AttemptEnd, Series>>();
  readonly #waits = new Map<string, Series>();
  #lateResults = 0;
  #leaseLosses = 0;

  tasksCreated(task: Measured, count: number): void {
    this.#of(task).created += count;
  }

  taskEnded(task: Measured, end: TaskEnd): void {
    this.#of(task).ended[end] += 1;
  }

  /** An attempt that ran here and whose outcome is stored. */
  attemptEnded(task: Measured, { end, queue, durationMs }: MeasuredAttempt): void {
    this.#of(task).attempts[end] += 1;
    observe(this.#durationsOf(queue, end), durationMs);
  }

  /** Attempts of another worker, which was declared lost. Nobody knows how long they ran. */
  attemptsLost(task: Measured, count: number): void {
    this.#of(task).attempts.lost += count;
  }

  /** A step was claimed from the queue, in which it could have been claimed so many milliseconds earlier. */
  claimed(queue: string, waitedMs: number): void {
    let series = this.#waits.get(queue);
    if (series === undefined) this.#waits.set(queue, (series = createSeries({ queue })));
    observe(series, Math.max(0, waitedMs));
  }

  /** A result came after the step was no longer this worker's. */
  resultRefused(): void {
    this.#lateResults += 1;
  }

  /** This process's worker was declared lost. */
  leaseLost(): void {
    this.#leaseLosses += 1;
  }

  /** Everything so far, for a scrape. */
  read() {
    return {
      tasks: [...this.#byName.values()],
      durations: [...this.#durations.values()].flatMap((ends) => [...ends.values()]),
      waits: [...this.#waits.values()],
      lateResults: this.#lateResults,
      leaseLosses: this.#leaseLosses,
    };
  }

  #of({ definitionId, definition }: Measured): TaskCounts {
    const known = this.#byDefinition.get(definitionId);
    if (known !== undefined) return known;
    const counts = this.#ofName(definition.namespace, definition.name);
    this.#byDefinition.set(definitionId, counts);
    return counts;
  }

  /** Versions of a task are counted together. */
  #ofName(namespace: string, name: string): TaskCounts {
    const key = `${namespace}/${name}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    const isOther = this.#byName.size >= MOST_NAMES;
    const other = isOther ? this.#byName.get('other') : undefined;
    if (other !== undefined) return other;
    const counts = createCounts(
      isOther ? { namespace: 'other', name: 'other' } : { namespace, name },
    );
    this.#byName.set(isOther ? 'other' : key, counts);
    return counts;
  }

  #durationsOf(queue: string, end: AttemptEnd): Series {
    let ends = this.#durations.get(queue);
    if (ends === undefined) this.#durations.set(queue, (ends = new Map<AttemptEnd, Series>()));
    let series = ends.get(end);
    if (series === undefined) ends.set(end, (series = createSeries({ queue, outcome: end })));
    return series;
  }
}

function createCounts(labels: TaskCounts['labels']): TaskCounts {
  return {
    labels,
    created: 0,
    ended: { complete: 0, error: 0, cancelled: 0, resolved_manually: 0 },
    attempts: { success: 0, error: 0, timeout: 0, cancelled: 0, lost: 0 },
  };
}
