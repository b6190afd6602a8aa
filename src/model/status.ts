/** The statuses of a task: the seed's six. `complete`, `cancelled` and `resolved_manually` are final. */
export const TASK_STATUSES = [
  'pending',
  'in_progress',
  'error',
  'complete',
  'resolved_manually',
  'cancelled',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/**
 * The statuses of a step: the seed's six and `skipped` (bypassed), which satisfies dependents as `complete` does.
 * A step in `error` with a row in the ready queue waits for its retry; without one it is exhausted.
 */
export const STEP_STATUSES = [...TASK_STATUSES, 'skipped'] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

/** What satisfies a dependent. */
export const SATISFYING: ReadonlySet<StepStatus> = new Set([
  'complete',
  'resolved_manually',
  'skipped',
]);

type Actor = 'engine' | 'operator' | 'any';
interface Move<Status> {
  readonly from: Status | null;
  readonly to: Status;
  readonly by: Actor;
}

/** Every legal move of a task. `from: null` is its birth. */
export const TASK_MOVES: readonly Move<TaskStatus>[] = [
  { from: null, to: 'pending', by: 'any' },
  { from: null, to: 'complete', by: 'any' }, // every step was bypassed
  { from: 'pending', to: 'in_progress', by: 'engine' },
  { from: 'pending', to: 'complete', by: 'operator' }, // the last steps were resolved by hand before any ran
  { from: 'pending', to: 'cancelled', by: 'operator' },
  { from: 'pending', to: 'resolved_manually', by: 'operator' },
  { from: 'in_progress', to: 'complete', by: 'any' },
  { from: 'in_progress', to: 'error', by: 'any' },
  { from: 'in_progress', to: 'cancelled', by: 'any' },
  { from: 'in_progress', to: 'resolved_manually', by: 'operator' },
  { from: 'error', to: 'in_progress', by: 'operator' },
  { from: 'error', to: 'complete', by: 'operator' },
  { from: 'error', to: 'cancelled', by: 'operator' },
  { from: 'error', to: 'resolved_manually', by: 'operator' },
];

/** Every legal move of a step. */
export const STEP_MOVES: readonly Move<StepStatus>[] = [
  { from: null, to: 'pending', by: 'any' },
  { from: null, to: 'skipped', by: 'any' },
  { from: 'pending', to: 'in_progress', by: 'engine' },
  { from: 'error', to: 'in_progress', by: 'engine' },
  { from: 'in_progress', to: 'complete', by: 'engine' },
  { from: 'in_progress', to: 'error', by: 'engine' },
  { from: 'in_progress', to: 'pending', by: 'engine' }, // given back before the handler ran, or by a draining worker
  { from: 'in_progress', to: 'cancelled', by: 'operator' },
  { from: 'pending', to: 'cancelled', by: 'any' },
  { from: 'error', to: 'cancelled', by: 'any' },
  { from: 'error', to: 'pending', by: 'operator' }, // given further attempts
  { from: 'pending', to: 'resolved_manually', by: 'operator' },
  { from: 'error', to: 'resolved_manually', by: 'operator' },
];

/** True when this actor may move a step so. */
export function mayStepMove(from: StepStatus, to: StepStatus, by: Exclude<Actor, 'any'>): boolean {
  return STEP_MOVES.some(
    (move) => move.from === from && move.to === to && (move.by === 'any' || move.by === by),
  );
}

/** True when this actor may move a task so. */
export function mayTaskMove(from: TaskStatus, to: TaskStatus, by: Exclude<Actor, 'any'>): boolean {
  return TASK_MOVES.some(
    (move) => move.from === from && move.to === to && (move.by === 'any' || move.by === by),
  );
}

/** True when nothing moves a task any more, apart from an operator's action on one in `error`. */
export function isTaskSettled(status: TaskStatus): boolean {
  return status !== 'pending' && status !== 'in_progress';
}
