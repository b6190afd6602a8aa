// The verbs whose awaits must all be exercised, and the functions in which each begins.

export const VERBS = {
  create: ['engine/create-task.js#createTasks'],
  'create-in-transaction': ['engine/create-in-transaction.js#createInTransaction'],
  // The same statement stores results and claims: it is a claim when it carries no result.
  claim: ['store/steps/advance-steps.js#advanceSteps'],
  complete: ['engine/advance.js#advance'],
  fail: ['engine/advance.js#fail'],
  'cancel-task': ['engine/operate-task.js#cancelTask'],
  'resolve-task': ['engine/operate-task.js#resolveTask'],
  'retry-task': ['engine/operate-task.js#retryTask'],
  'edit-task': ['engine/operate-task.js#updateTask'],
  'reset-task': ['engine/reset.js#resetTask'],
  'cancel-step': ['engine/operate-step.js#cancelStep'],
  'retry-step': ['engine/operate-step.js#retryStep'],
  'resolve-step': ['engine/operate-step.js#resolveStep'],
  'edit-step': ['engine/edit-step.js#updateStep'],
  'reset-step': ['engine/reset.js#resetStep'],
  annotate: ['engine/annotate.js#annotate'],
  'map-objects': ['engine/map-objects.js#mapObjectPair'],
  reap: ['engine/reap.js#reapLost'],
  sweep: ['engine/reap.js#sweepIdleTasks'],
  'promote-due': ['worker/due.js#DueClock.#look'],
  'register-worker': ['worker/worker.js#Worker.#register'],
  'stop-worker': ['worker/worker.js#Worker.stop'],
  renew: ['worker/heartbeat.js#beatHere'],
  'check-held': ['worker/worker.js#Worker.#checkHeld'],
  reconcile: ['worker/recovery.js#Recovery.#reconcile'],
  'give-back': ['worker/attempts.js#Attempts.#giveClaimsBack'],
  serve: ['worker/step-source.js#createStepSource.get'],
  prepare: ['worker/task-memory.js#TaskMemory.load'],
  prune: ['store/tasks/find-identity.js#pruneIdentities'],
  migrate: ['db/migrate.js#migrate'],
  start: ['runtime.js#joiningOf'],
};

/** The embedded database has one connection, on which a caller cannot begin a transaction. */
export const POSTGRES_ONLY = ['create-in-transaction', 'start'];

/** Where the database is only asked a question, and the API keys, which no task depends on: beginnings of `file#function`. */
export const OUTSIDE = [
  'engine/verify.js#',
  'engine/api-keys.js#',
  'store/analytics/',
  'store/annotations/annotations.js#list',
  'store/api-keys/',
  'store/attempts/list-attempts.js#',
  'store/audit/',
  'store/definitions/list-definitions.js#',
  'store/definitions/match-definitions.js#',
  'store/gauges/',
  'store/operators/operator-log.js#listOperatorLog',
  'store/systems/list-object-maps.js#',
  'store/systems/systems.js#listSystems',
  'store/systems/systems.js#mappedObjects',
  'store/tasks/find-created.js#',
  'store/tasks/find-page.js#',
  'store/tasks/gather-tasks.js#',
  'store/tasks/read-task.js#findTasks',
  'store/tasks/task-progress.js#',
  'store/tasks/task-revisions.js#',
  'store/workers/list-workers.js#',
  'store/workers/read-lease.js#',
  'db/migrate.js#pendingMigrations',
];

/** What the scan, which knows no values, takes for possible. Each with the reason; one that happens after all fails the report. */
export const NEVER = new Map([
  ['complete/load-definition', 'who has run a step of the task has its definition in memory'],
  ['fail/load-definition', 'who has run a step of the task has its definition in memory'],
  ['prepare/load-definition', 'its `pinned` is a map of definitions that are in memory'],
]);
