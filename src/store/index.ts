import { tables } from './tables.ts';
import { advanceSteps } from './steps/advance-steps.ts';
import { failSteps } from './steps/fail-steps.ts';
import { heldSteps } from './steps/held-steps.ts';
import { listSteps } from './steps/list-steps.ts';
import { loadResults } from './steps/load-results.ts';
import { loadTasks } from './steps/load-tasks.ts';
import { lostRuns } from './steps/lost-runs.ts';
import {
  cancelSteps,
  editStep,
  enqueueSteps,
  markSettles,
  reopenSteps,
  resolveStep,
} from './steps/operator-moves.ts';
import { promoteDue } from './steps/promote-due.ts';
import { returnSteps } from './steps/return-steps.ts';
import { editTask } from './tasks/edit-task.ts';
import { findIdentities, pruneIdentities } from './tasks/find-identity.ts';
import { insertTasks } from './tasks/insert-tasks.ts';
import { listTasks } from './tasks/list-tasks.ts';
import { findTask, taskStatus } from './tasks/read-task.ts';
import { findIdleTasks, lockTasks, moveTask, taskStates } from './tasks/settle-task.ts';
import { listAttempts } from './attempts/list-attempts.ts';
import { appendOperatorLog, listOperatorLog } from './operators/operator-log.ts';
import { loadDefinition, saveDefinition } from './definitions/save-definition.ts';
import { findByAnnotation, listAnnotations, upsertAnnotations } from './annotations/annotations.ts';
import { listSystems, mapObjects, mappedObjects } from './systems/systems.ts';
import { listWorkers } from './workers/list-workers.ts';
import { markLostWorkers } from './workers/mark-lost.ts';
import { registerWorker } from './workers/register-worker.ts';
import { renewLease } from './workers/renew-lease.ts';
import { stopWorker } from './workers/stop-worker.ts';

/**
 * Every statement of the engine, bound to one schema. A statement takes the connection to run on as its first argument, so that a
 * verb decides what belongs to one transaction.
 */
export function createStore(schema: string) {
  const t = tables(schema);
  return {
    tables: t,
    // tasks
    insertTasks: insertTasks(t),
    findIdentities: findIdentities(t),
    pruneIdentities: pruneIdentities(t),
    findTask: findTask(t),
    taskStatus: taskStatus(t),
    listTasks: listTasks(t),
    editTask: editTask(t),
    lockTasks: lockTasks(t),
    taskStates: taskStates(t),
    moveTask: moveTask(t),
    findIdleTasks: findIdleTasks(t),
    // steps
    advanceSteps: advanceSteps(t),
    failSteps: failSteps(t),
    promoteDue: promoteDue(t),
    returnSteps: returnSteps(t),
    heldSteps: heldSteps(t),
    lostRuns: lostRuns(t),
    loadResults: loadResults(t),
    loadTasks: loadTasks(t),
    listSteps: listSteps(t),
    cancelSteps: cancelSteps(t),
    markSettles: markSettles(t),
    reopenSteps: reopenSteps(t),
    resolveStep: resolveStep(t),
    editStep: editStep(t),
    enqueueSteps: enqueueSteps(t),
    // history
    listAttempts: listAttempts(t),
    appendOperatorLog: appendOperatorLog(t),
    listOperatorLog: listOperatorLog(t),
    // definitions
    saveDefinition: saveDefinition(t),
    loadDefinition: loadDefinition(t),
    // annotations and systems
    upsertAnnotations: upsertAnnotations(t),
    listAnnotations: listAnnotations(t),
    findByAnnotation: findByAnnotation(t),
    listSystems: listSystems(t),
    mapObjects: mapObjects(t),
    mappedObjects: mappedObjects(t),
    // workers
    registerWorker: registerWorker(t),
    renewLease: renewLease(t),
    markLostWorkers: markLostWorkers(t),
    stopWorker: stopWorker(t),
    listWorkers: listWorkers(t),
  };
}

/** The bound statements. */
export type Store = ReturnType<typeof createStore>;
