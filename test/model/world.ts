/**
 * What the reference model knows: plans, tasks, steps, runs and workers, in words of its own. Plain data; `model.ts` has the rules.
 * Tasks and workers are numbered from 0 in the order in which they came; times are milliseconds since the world began.
 */

/** How long a failed step waits, by the number of the run that failed. */
export interface Pause {
  readonly how: 'none' | 'fixed' | 'linear' | 'exponential';
  readonly base: number;
  readonly most: number;
}

/** One step of a plan. `needs` are positions of earlier steps. */
export interface PlanStep {
  readonly needs: readonly number[];
  /** Runs in all. */
  readonly limit: number;
  /** False: the first failure is the last. */
  readonly again: boolean;
  /** A request may leave it out. */
  readonly optional: boolean;
  readonly queue: string;
  readonly pause: Pause;
}

/** A graph of steps, and how tasks of it are told apart. */
export interface Plan {
  readonly name: string;
  readonly steps: readonly PlanStep[];
  /** Steps of one task that may be under way at once; null = all. */
  readonly lanes: number | null;
  /** Two equal requests closer than this are the same; null = never. */
  readonly sameWithin: number | null;
}

/** What somebody asks for. */
export interface Ask {
  readonly bypass: readonly number[];
  readonly priority: number;
  readonly key: string | null;
  /** Stands for everything else that a request says. */
  readonly content: number;
  /** When it was made, as the caller says, beside the time at which it comes; null = they do not say. */
  readonly madeAt: number | null;
}

/** `idle` has not begun, or was reopened; `failed` with an entry in the queue waits for its next run, without one it has given up. */
export type Stage = 'idle' | 'held' | 'failed' | 'done' | 'by_hand' | 'dropped' | 'passed';

/** How a run ended that did not succeed. */
export type Ill = 'error' | 'timeout' | 'lost' | 'cancelled';

export interface PastRun {
  readonly run: number;
  readonly worker: number;
  readonly ill: Ill;
  readonly from: number;
  readonly to: number;
  /** When the next run may begin; null when none follows by itself. */
  readonly next: number | null;
}

export interface StepState {
  stage: Stage;
  /** Runs begun so far. */
  runs: number;
  /** Set by an operator; null = the plan's. */
  limit: number | null;
  /** Who holds it, or who did it. */
  worker: number | null;
  from: number | null;
  to: number | null;
  /** Its place in the queue: from when on, and whether that moment has been seen to come. */
  queued: { readonly at: number; due: boolean } | null;
  /** An error is on record. */
  hurt: boolean;
  past: PastRun[];
  result: string | null;
  inputs: string | null;
}

export type TaskStage = 'new' | 'going' | 'failed' | 'done' | 'by_hand' | 'dropped';

export interface TaskState {
  readonly plan: Plan;
  readonly priority: number;
  stage: TaskStage;
  reason: string;
  begun: number | null;
  ended: number | null;
  readonly steps: StepState[];
}

export interface WorkerState {
  readonly queues: readonly string[];
  /** Its lease lasts to this moment. */
  lease: number;
  /** Its process is gone or frozen: it does nothing in time any more. */
  crashed: boolean;
  /** Others know that it is gone. */
  lost: boolean;
  stopped: boolean;
}

/** A run that a worker was given: all that it needs to report. */
export interface Token {
  readonly worker: number;
  readonly task: number;
  readonly step: number;
  readonly run: number;
}

/** Whose a name is: a key for ever, a content for a while. */
export interface Known {
  readonly task: number;
  readonly content: string;
  readonly at: number;
  readonly within: number | null;
}

export interface World {
  now: number;
  readonly tasks: TaskState[];
  readonly workers: WorkerState[];
  readonly known: Map<string, Known>;
  /** Every run that was given out and not handed back unbegun. */
  issued: Token[];
}

/** A worker's lease from its last sign of life. */
export const LEASE_MS = 15_000;

export function createWorld(): World {
  return { now: 0, tasks: [], workers: [], known: new Map(), issued: [] };
}

export function taskOf(world: World, task: number): TaskState {
  return present(world.tasks[task], `task ${task}`);
}

export function stepOf(world: World, { task, step }: { task: number; step: number }): StepState {
  return present(taskOf(world, task).steps[step], `step ${task}.${step}`);
}

export function planStepOf(world: World, at: { task: number; step: number }): PlanStep {
  return present(taskOf(world, at.task).plan.steps[at.step], `step ${at.task}.${at.step}`);
}

export function workerOf(world: World, worker: number): WorkerState {
  return present(world.workers[worker], `worker ${worker}`);
}

/** The value, which the caller knows to be there. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}
