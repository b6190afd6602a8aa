import { acyclicDefinition } from './acyclic-definition.ts';
import { attemptsBounded } from './attempts-bounded.ts';
import { attemptsDense } from './attempts-dense.ts';
import { backoffRespected } from './backoff-respected.ts';
import { bypassHonoured } from './bypass-honoured.ts';
import { failureIsNoticed } from './failure-is-noticed.ts';
import { fencing } from './fencing.ts';
import { finalStaysFinal } from './final-stays-final.ts';
import { leavesLeft } from './leaves-left.ts';
import { legalOperatorMoves } from './legal-operator-moves.ts';
import { noDeadEnd } from './no-dead-end.ts';
import { noOrphans } from './no-orphans.ts';
import { noOverlap } from './no-overlap.ts';
import { noStarvedStep } from './no-starved-step.ts';
import { noZombieLease } from './no-zombie-lease.ts';
import { nothingFromTheFuture } from './nothing-from-the-future.ts';
import { nothingStartsAfterTheEnd } from './nothing-starts-after-the-end.ts';
import { oneSuccess } from './one-success.ts';
import { oneTaskPerKey } from './one-task-per-key.ts';
import { openTasks } from './open-tasks.ts';
import { orderedObjectMaps } from './ordered-object-maps.ts';
import { parentsFirst } from './parents-first.ts';
import { queueRowIsRunnable } from './queue-row-is-runnable.ts';
import { resultsPresentAndBounded } from './results-present-and-bounded.ts';
import { runnableStepIsQueued } from './runnable-step-is-queued.ts';
import { taskAgreesWithSteps } from './task-agrees-with-steps.ts';
import { timesInOrder } from './times-in-order.ts';
import { waitingCount } from './waiting-count.ts';
import { wholeDefinition } from './whole-definition.ts';
import { wholeTask } from './whole-task.ts';
import { widthRespected } from './width-respected.ts';
import type { Law } from './law.ts';

/** Every law of the data, in the order in which they are checked: what later laws take for granted comes first. */
export const LAWS: readonly Law[] = [
  wholeDefinition,
  acyclicDefinition,
  noOrphans,
  wholeTask,
  oneTaskPerKey,
  bypassHonoured,
  waitingCount,
  parentsFirst,
  leavesLeft,
  taskAgreesWithSteps,
  openTasks,
  failureIsNoticed,
  attemptsDense,
  attemptsBounded,
  oneSuccess,
  fencing,
  noOverlap,
  backoffRespected,
  noZombieLease,
  noStarvedStep,
  noDeadEnd,
  queueRowIsRunnable,
  runnableStepIsQueued,
  widthRespected,
  nothingStartsAfterTheEnd,
  timesInOrder,
  nothingFromTheFuture,
  resultsPresentAndBounded,
  legalOperatorMoves,
  finalStaysFinal,
  orderedObjectMaps,
];
