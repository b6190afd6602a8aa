import { ATTEMPT_ERRORS } from './attempt-errors.ts';
import type { Entry } from './error-entry.ts';
import { GRAPHQL_ERRORS } from './graphql-errors.ts';
import { HTTP_ERRORS } from './http-errors.ts';

type TaskRef = { readonly taskId: number };
type StepRef = { readonly taskId: number; readonly step: string };

/**
 * The one catalogue of errors: code, HTTP status, what is wrong (with which thing), and what to do about it.
 *
 * A new error is one entry here; the reference page and the exit code follow from it.
 * Status 4xx: the caller's input; the command line exits with 2. Status 5xx: the system; the command line exits with 1, unless
 * the entry names another exit code.
 */
export const CATALOGUE = {
  // requests
  INVALID_REQUEST: {
    status: 422,
    message: (d: {
      problem: string;
      problems?: readonly { readonly path: string; readonly message: string }[];
    }) => `The request is not valid: ${d.problem}`,
    hint: 'Correct the named field and send the request again; nothing was stored.',
  },
  INVALID_DURATION: {
    status: 422,
    message: (d: { name: string; value: string }) =>
      `${d.name} is not a duration: ${JSON.stringify(d.value)}`,
    hint: 'Write a number and a unit, such as 250ms, 10s, 5m, 2h or 3d (at most ten years).',
  },
  INVALID_OPTION: {
    status: 400,
    exit: 78,
    message: (d: { option: string; problem: string }) => `Option ${d.option}: ${d.problem}`,
    hint: 'See the options reference for what is accepted.',
  },
  INVALID_CONTEXT: {
    status: 422,
    message: (d: { task: string; problems: readonly { path: string; message: string }[] }) =>
      `The context does not fit task ${d.task}: ${d.problems.map((p) => `${p.path} ${p.message}`).join('; ')}`,
    hint: "Send a context that fits the task's schema; nothing was stored.",
  },
  UNSTORABLE_VALUE: {
    status: 422,
    message: (d: { what: string; path: string; problem: string }) =>
      `${d.what} cannot be stored: ${d.problem} at ${d.path}`,
    hint: 'Send plain JSON: objects, arrays, strings, finite numbers, booleans and null.',
  },
  VALUE_TOO_LARGE: {
    status: 413,
    message: (d: { what: string; bytes: number; limit: number }) =>
      `${d.what} is ${d.bytes} bytes; the limit is ${d.limit}`,
    hint: 'Store the large part elsewhere and pass a reference to it.',
  },
  DUPLICATE_TASK: {
    status: 409,
    message: (d: { taskId: number | null; windowMs: number }) =>
      `An identical request was made in the last ${Math.round(d.windowMs / 1_000)} s${d.taskId === null ? '' : `: it is task ${d.taskId}`}`,
    hint: 'Use the existing task, change the request, or give the task another identity strategy.',
  },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    message: (d: { taskId: number | null; key: string }) =>
      `Idempotency key ${JSON.stringify(d.key)} belongs to ${d.taskId === null ? 'a task' : `task ${d.taskId}`} which was requested with different content`,
    hint: 'Use a new key for a new request; repeat a key only with the same request.',
  },
  UNKNOWN_BYPASS_STEP: {
    status: 422,
    message: (d: { task: string; step: string; suggestion: string }) =>
      `bypass_steps: task ${d.task} has no step "${d.step}".${d.suggestion}`,
    hint: 'Name only steps of the task in bypass_steps.',
  },
  STEP_NOT_SKIPPABLE: {
    status: 422,
    message: (d: { task: string; step: string }) =>
      `bypass_steps: step "${d.step}" of task ${d.task} is not skippable`,
    hint: 'Mark the step `skippable: true` in its definition, or do not bypass it.',
  },
  // things that are not there
  TASK_NOT_FOUND: {
    status: 404,
    message: (d: TaskRef) => `Task ${d.taskId} does not exist`,
    hint: 'Check the id; `tasker tasks list` shows the tasks.',
  },
  STEP_NOT_FOUND: {
    status: 404,
    message: (d: { taskId: number; step: string; suggestion: string }) =>
      `Task ${d.taskId} has no step "${d.step}".${d.suggestion}`,
    hint: 'Name a step of this task; `tasker tasks show ID` lists them.',
  },
  DEFINITION_NOT_FOUND: {
    status: 404,
    message: (d: { name: string; suggestion: string }) =>
      `No task is defined under the name "${d.name}".${d.suggestion}`,
    hint: 'Register the definition first, or correct the name.',
  },
  API_KEY_NOT_FOUND: {
    status: 404,
    message: (d: { keyId: string }) => `API key ${JSON.stringify(d.keyId)} does not exist`,
    hint: 'Check the id; `tasker keys list` shows the keys.',
  },
  // moves that the state machine does not allow
  TASK_STATE_CONFLICT: {
    status: 409,
    message: (d: TaskRef & { status: string; verb: string }) =>
      `Task ${d.taskId} is ${d.status}: it cannot be ${d.verb}`,
    hint: 'Look at the task again; another request may have changed it.',
  },
  STEP_STATE_CONFLICT: {
    status: 409,
    message: (d: StepRef & { status: string; verb: string }) =>
      `Step "${d.step}" of task ${d.taskId} is ${d.status}: it cannot be ${d.verb}`,
    hint: 'Look at the step again; another request may have changed it.',
  },
  API_KEY_STATE_CONFLICT: {
    status: 409,
    message: (d: { keyId: string; state: string }) =>
      `API key ${d.keyId} ${d.state}: it cannot be rotated`,
    hint: 'Rotate the key that replaced it, or create a new one; `tasker keys list` shows the keys.',
  },
  REVISION_CONFLICT: {
    status: 412,
    message: (d: { what: string }) => `${d.what} has changed since it was read`,
    hint: 'Read it again, decide again, and send the change with the new revision.',
  },
  INVALID_RESULT: {
    status: 422,
    message: (d: { step: string; problems: readonly { path: string; message: string }[] }) =>
      `The result does not fit step "${d.step}": ${d.problems.map((p) => `${p.path} ${p.message}`).join('; ')}`,
    hint: "Give a result that fits the step's result_schema.",
  },
  // who may do what
  // definitions
  INVALID_DEFINITION: {
    status: 422,
    message: (d: { source: string; problems: readonly { text: string }[] }) =>
      `Invalid task handler configuration: ${d.problems.map(({ text }) => (text.startsWith(d.source) ? text : `${d.source}: ${text}`)).join('\n')}`,
    hint: 'Correct the places that are marked; nothing was registered.',
  },
  DEFINITION_NOT_LOADED: {
    status: 422,
    message: (d: { file: string; problem: string }) =>
      `${d.file} could not be loaded: ${d.problem}`,
    hint: 'Name a .yaml file, a .ts, .js or .mjs file that exports what defineTask made, or a folder with such files.',
  },
  VERSION_CONFLICT: {
    status: 409,
    exit: 2,
    message: (d: { name: string; version: string }) =>
      `Task ${d.name} version ${d.version} is already registered with other content`,
    hint: 'Give the changed definition a new version; tasks in flight keep the version they were born with.',
  },
  UNKNOWN_HANDLER: {
    status: 422,
    message: (d: { handler: string; step: string; suggestion: string }) =>
      `Step "${d.step}": no handler is registered under the name "${d.handler}".${d.suggestion}`,
    hint: 'Register the handler under this very name, or use the file form ./steps/cart.ts#fetchCart.',
  },
  HANDLER_NOT_LOADED: {
    status: 422,
    message: (d: { handler: string; problem: string }) =>
      `Handler ${d.handler} could not be loaded: ${d.problem}`,
    hint: 'Correct the file or the name after #.',
  },
  // database and process
  DATABASE_UNAVAILABLE: {
    status: 503,
    message: (d: { problem: string }) => `The database cannot be reached: ${d.problem}`,
    hint: 'Check that the server runs and that DATABASE_URL is right; work continues by itself once it is back.',
  },
  DATABASE_READ_ONLY: {
    status: 503,
    exit: 78,
    message: () => 'The database is a standby: it accepts no writes',
    hint: 'Connect to the primary server.',
  },
  DATABASE_TOO_OLD: {
    status: 503,
    exit: 78,
    message: (d: { version: string }) => `PostgreSQL ${d.version} is too old`,
    hint: 'Use PostgreSQL 14 or later.',
  },
  DATABASE_LOCKED: {
    status: 503,
    exit: 78,
    message: (d: { directory: string; pid: number | null }) =>
      `The embedded database ${d.directory} is in use by ${d.pid === null ? 'another process' : `process ${d.pid}`}`,
    hint: 'An embedded database belongs to one process: stop that process, or use a PostgreSQL server through DATABASE_URL.',
  },
  TRANSACTION_UNUSABLE: {
    status: 400,
    message: (d: { problem: string }) =>
      `The transaction cannot be used to create a task: ${d.problem}`,
    hint: 'Hand in a transaction that you have begun on the database of Tasker and have not ended, through the adapter of your library.',
  },
  DATABASE_FAULT: {
    status: 500,
    message: (d: { problem: string }) =>
      `The database gave an answer that cannot be trusted: ${d.problem}`,
    hint: 'The connection was closed and nothing was assumed; try again, and report it if it happens twice.',
  },
  SCHEMA_NOT_MIGRATED: {
    status: 503,
    exit: 78,
    message: (d: { schema: string; problem: string }) => `Schema "${d.schema}" ${d.problem}`,
    hint: 'Run `tasker migrate` (or `tasker migrate --sql` to see the statements first).',
  },
  MIGRATION_CHANGED: {
    status: 500,
    exit: 78,
    message: (d: { schema: string; migration: string }) =>
      `Migration ${d.migration} was applied to schema "${d.schema}" with other content than this version has`,
    hint: 'Install the version of tasker-engine that created the schema, then upgrade in order.',
  },
  METRICS_OFF: {
    status: 404,
    message: () => 'Metrics are off',
    hint: 'Take `metrics: false` out of the options.',
  },
  NOT_STARTED: {
    status: 503,
    message: () => 'Tasker is not started',
    hint: 'Call `await tasker.start()` first.',
  },
  WAIT_TIMEOUT: {
    status: 504,
    message: (d: TaskRef & { waitedMs: number }) =>
      `Task ${d.taskId} had not finished after ${d.waitedMs} ms`,
    hint: 'The task goes on by itself; wait longer or look at it with `tasker tasks show`.',
  },
  AUDIT_TIMEOUT: {
    status: 504,
    message: (d: { law: string; timeoutMs: number }) =>
      `Checking the law ${d.law} took longer than ${d.timeoutMs} ms`,
    hint: 'Check fewer tasks (`tasker verify --since ID`), or run it when the database is less busy; nothing was changed.',
  },
  TASK_NOT_COMPLETED: {
    status: 409,
    exit: 1,
    message: (d: TaskRef & { status: string; problem: string }) =>
      `Task ${d.taskId} ended as ${d.status}: ${d.problem}`,
    hint: 'Look at the failed step with `tasker tasks show`, then retry the task.',
  },
  ...HTTP_ERRORS,
  ...GRAPHQL_ERRORS,
  ...ATTEMPT_ERRORS,
} as const satisfies Record<string, Entry>;
