import { tables, type Tables } from './tables.ts';
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
import { renewAttempts } from './steps/renew-attempts.ts';
import { returnSteps } from './steps/return-steps.ts';
import { editTask } from './tasks/edit-task.ts';
import { findIdentities, pruneIdentities } from './tasks/find-identity.ts';
import { insertTasks } from './tasks/insert-tasks.ts';
import { findCreated } from './tasks/find-created.ts';
import { gatherByLanes, gatherByNotes, gatherByTerms } from './tasks/gather-tasks.ts';
import { walkTasks } from './tasks/walk-tasks.ts';
import { findTask, findTasks, taskStatus } from './tasks/read-task.ts';
import { taskProgress } from './tasks/task-progress.ts';
import { taskRevisions } from './tasks/task-revisions.ts';
import { findIdleTasks, lockTasks, moveTask, taskStates } from './tasks/settle-task.ts';
import { listAttempts } from './attempts/list-attempts.ts';
import { appendOperatorLog, listOperatorLog } from './operators/operator-log.ts';
import { findApiKey } from './api-keys/find-api-key.ts';
import { insertApiKey } from './api-keys/insert-api-key.ts';
import { listApiKeys } from './api-keys/list-api-keys.ts';
import { noteKeyUse } from './api-keys/note-key-use.ts';
import { lockApiKey, replaceApiKey } from './api-keys/replace-api-key.ts';
import { revokeApiKey } from './api-keys/revoke-api-key.ts';
import { findDefinition, loadDefinition, saveDefinition } from './definitions/save-definition.ts';
import {
  listAnnotations,
  listAnnotationTypes,
  upsertAnnotations,
} from './annotations/annotations.ts';
import { matchDefinitions } from './definitions/match-definitions.ts';
import { listDefinitions } from './definitions/list-definitions.ts';
import { listObjectMaps } from './systems/list-object-maps.ts';
import { listSystems, mapObjects, mappedObjects } from './systems/systems.ts';
import { readGauges } from './gauges/read-gauges.ts';
import { databaseMark } from './transactions/database-mark.ts';
import { requireTransaction } from './transactions/require-transaction.ts';
import { slowestSteps } from './analytics/slowest-steps.ts';
import { statusCounts } from './analytics/status-counts.ts';
import { listWorkers } from './workers/list-workers.ts';
import { markEmptied } from './workers/mark-emptied.ts';
import { markLostWorkers } from './workers/mark-lost.ts';
import { readLease } from './workers/read-lease.ts';
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
    ...taskStatements(t),
    ...stepStatements(t),
    // history
    listAttempts: listAttempts(t),
    appendOperatorLog: appendOperatorLog(t),
    listOperatorLog: listOperatorLog(t),
    // definitions
    saveDefinition: saveDefinition(t),
    findDefinition: findDefinition(t),
    loadDefinition: loadDefinition(t),
    listDefinitions: listDefinitions(t),
    matchDefinitions: matchDefinitions(t),
    // transactions of callers
    requireTransaction: requireTransaction(t),
    databaseMark: databaseMark(t),
    // annotations and systems
    upsertAnnotations: upsertAnnotations(t),
    listAnnotations: listAnnotations(t),
    listAnnotationTypes: listAnnotationTypes(t),
    listSystems: listSystems(t),
    listObjectMaps: listObjectMaps(t),
    mapObjects: mapObjects(t),
    mappedObjects: mappedObjects(t),
    // API keys
    insertApiKey: insertApiKey(t),
    listApiKeys: listApiKeys(t),
    findApiKey: findApiKey(t),
    noteKeyUse: noteKeyUse(t),
    lockApiKey: lockApiKey(t),
    replaceApiKey: replaceApiKey(t),
    revokeApiKey: revokeApiKey(t),
    // reports
    slowestSteps: slowestSteps(t),
    statusCounts: statusCounts(t),
    // workers
    registerWorker: registerWorker(t),
    renewLease: renewLease(t),
    markLostWorkers: markLostWorkers(t),
    markEmptied: markEmptied(t),
    stopWorker: stopWorker(t),
    listWorkers: listWorkers(t),
    readLease: readLease(t),
    // monitoring
    readGauges: readGauges(t),
  };
}

function taskStatements(t: Tables) {
  return {
    insertTasks: insertTasks(t),
    findIdentities: findIdentities(t),
    pruneIdentities: pruneIdentities(t),
    findTask: findTask(t),
    findTasks: findTasks(t),
    taskStatus: taskStatus(t),
    walkTasks: walkTasks(t),
    gatherByTerms: gatherByTerms(t),
    gatherByNotes: gatherByNotes(t),
    gatherByLanes: gatherByLanes(t),
    findCreated: findCreated(t),
    taskProgress: taskProgress(t),
    taskRevisions: taskRevisions(t),
    editTask: editTask(t),
    lockTasks: lockTasks(t),
    taskStates: taskStates(t),
    moveTask: moveTask(t),
    findIdleTasks: findIdleTasks(t),
  };
}

function stepStatements(t: Tables) {
  return {
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
    renewAttempts: renewAttempts(t),
    enqueueSteps: enqueueSteps(t),
  };
}

/** The bound statements. */
export type Store = ReturnType<typeof createStore>;
