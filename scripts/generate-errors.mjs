// Writes docs/errors.md from the error catalogue (src/kernel/error-catalogue.ts) and the examples below.
// With --check it writes nothing and fails when the page is not up to date, or when a code has no example.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { format } from 'prettier';

const root = new URL('../', import.meta.url);
const target = new URL('docs/errors.md', root);
const jiti = createJiti(import.meta.url, { fsCache: false });
const { CATALOGUE } = await jiti.import(
  fileURLToPath(new URL('src/kernel/error-catalogue.ts', root)),
);

const step = 'charge_card';
const url = 'https://shop.example/carts/3';
const missingId = { path: '$.cart_id', message: 'is required' };

/** What an error of each code carries, as an example; in the order of the page. */
const CHAPTERS = [
  {
    title: 'Requests and answers of operators',
    text: 'Thrown before anything is stored.',
    examples: {
      INVALID_REQUEST: { problem: 'unknown field "contxt". Did you mean "context"?' },
      INVALID_CONTEXT: { task: 'process_order', problems: [missingId] },
      INVALID_DURATION: { name: 'timeout', value: 'ten seconds' },
      INVALID_RESULT: {
        step,
        problems: [{ path: '$.amount', message: 'must be integer' }],
      },
      UNSTORABLE_VALUE: {
        what: 'The context',
        path: '$.name',
        problem: 'a NUL character',
      },
      VALUE_TOO_LARGE: { what: 'The context', bytes: 1_310_720, limit: 1_048_576 },
      DUPLICATE_TASK: { taskId: 42, windowMs: 60_000 },
      IDEMPOTENCY_CONFLICT: { taskId: 42, key: 'order-1017' },
      UNKNOWN_BYPASS_STEP: {
        task: 'process_order',
        step: 'send_mial',
        suggestion: ' Did you mean "send_mail"?',
      },
      STEP_NOT_SKIPPABLE: { task: 'process_order', step },
    },
  },
  {
    title: 'Things that are not there, and moves that are not allowed',
    text: '',
    examples: {
      TASK_NOT_FOUND: { taskId: 42 },
      STEP_NOT_FOUND: {
        taskId: 42,
        step: 'charge_crad',
        suggestion: ' Did you mean "charge_card"?',
      },
      DEFINITION_NOT_FOUND: {
        name: 'proces_order',
        suggestion: ' Did you mean "process_order"?',
      },
      TASK_STATE_CONFLICT: { taskId: 42, status: 'complete', verb: 'cancelled' },
      STEP_STATE_CONFLICT: { taskId: 42, step, status: 'complete', verb: 'retried' },
      REVISION_CONFLICT: { what: 'Task 42' },
      TASK_NOT_COMPLETED: {
        taskId: 42,
        status: 'error',
        problem: 'step "charge_card": the card was refused',
      },
      WAIT_TIMEOUT: { taskId: 42, waitedMs: 30_000 },
    },
  },
  {
    title: 'Identity and permissions',
    text: 'What a caller may do is decided before anything is read or changed. See [security.md](security.md).',
    examples: {
      NOT_FOUND: { what: 'page /tasker/task' },
      METHOD_NOT_ALLOWED: { method: 'PUT', allowed: ['GET', 'POST'] },
      MALFORMED_REQUEST: { problem: 'the path has a broken percent sequence' },
      MALFORMED_BODY: { problem: 'unexpected end' },
      UNSUPPORTED_MEDIA_TYPE: { problem: 'application/xml' },
      BODY_TOO_LARGE: { limit: 1_048_576 },
      BODY_TIMEOUT: { waitedMs: 10_000 },
      HOST_NOT_ALLOWED: { host: 'shop.example' },
      ORIGIN_NOT_ALLOWED: { origin: 'https://shop.example' },
      UPGRADE_NOT_SUPPORTED: {},
      SERVER_OVERLOADED: {},
      PUBLIC_WITHOUT_AUTHENTICATION: { address: '0.0.0.0' },
      ALREADY_RUNNING: { url: 'http://127.0.0.1:4747/tasker', pid: 123 },
      ADDRESS_UNAVAILABLE: { address: '127.0.0.1', port: 8080, problem: 'EADDRINUSE' },
      GRAPHQL_INVALID: { problem: 'Cannot query field "idd" on type "Task".' },
      TOKENS: { limit: 2_000 },
      DEPTH: { depth: 9, limit: 8 },
      COST: { problem: 'costs 4200; at most 1000 is accepted' },
      REMOTE_ERROR: {
        url: 'https://tasks.example/tasker/tasks',
        status: 502,
        code: null,
        problem: 'Bad Gateway',
      },
      INTERNAL_ERROR: {},
      UNAUTHENTICATED: {},
      FORBIDDEN: { permission: 'tasks:cancel' },
      AUTHENTICATOR_FAILED: {},
      RATE_LIMITED: { retryAfterMs: 250 },
      API_KEY_NOT_FOUND: { keyId: 'k7c2mxqa' },
      API_KEY_STATE_CONFLICT: { keyId: 'k7c2mxqa', state: 'is revoked' },
    },
  },
  {
    title: 'Definitions and handlers',
    text: 'Thrown by `register`, `defineTask` and `create`; `tasker check` shows them all at once.',
    examples: {
      INVALID_DEFINITION: {
        source: 'tasks/order.yaml',
        problems: [{ text: 'tasks/order.yaml:5:14  there is no field "limt" here' }],
      },
      DEFINITION_NOT_LOADED: {
        file: 'tasks',
        problem: 'the folder holds no *.yaml, *.yml or *.task.{ts,js,mjs} file',
      },
      VERSION_CONFLICT: { name: 'shop/process_order', version: '1.2.0' },
      UNKNOWN_HANDLER: { handler: 'ChargeCard', step, suggestion: '' },
      HANDLER_NOT_LOADED: {
        handler: '/srv/shop/tasks/steps/card.ts#charge',
        problem: 'the file has no export "charge". Did you mean "chargeCard"?',
      },
    },
  },
  {
    title: 'Options, database and process',
    text: '',
    examples: {
      INVALID_OPTION: {
        option: 'worker.concurrency',
        problem: 'must be a whole number from 1 to 10000; got 0',
      },
      METRICS_OFF: {},
      NOT_STARTED: {},
      DATABASE_UNAVAILABLE: { problem: 'connect ECONNREFUSED 127.0.0.1:5432' },
      DATABASE_READ_ONLY: {},
      DATABASE_TOO_OLD: { version: '13.22' },
      DATABASE_LOCKED: { directory: '/srv/shop/.tasker/data', pid: 4711 },
      TRANSACTION_UNUSABLE: {
        problem: 'no transaction is open: begin one first, and use its connection',
      },
      DATABASE_FAULT: { problem: 'a task was neither stored nor refused' },
      SCHEMA_NOT_MIGRATED: { schema: 'tasker', problem: 'does not exist yet' },
      MIGRATION_CHANGED: { schema: 'tasker', migration: '0001_initial' },
      AUDIT_TIMEOUT: { law: 'parents-first', timeoutMs: 300_000 },
    },
  },
  {
    title: 'Attempts',
    text: 'Recorded in the history of a step and shown by `tasker tasks show`; never thrown at a caller.',
    examples: {
      STEP_TIMEOUT: { step, timeoutMs: 10_000 },
      WORKER_LOST: { step },
      POISON: { step, attempts: 3 },
      RESULT_TOO_LARGE: { bytes: 1_310_720, limit: 1_048_576 },
      UNSERIALISABLE_RESULT: { problem: 'a Map', path: '$.prices' },
      UNSTORABLE_RESULT: { problem: 'a NUL character', path: '$.name' },
      BLOCKED_ADDRESS: {
        url: 'http://intranet.example/',
        problem: 'it resolves to 10.0.0.7, which is a private network',
      },
      UNEXPECTED_RESPONSE: { url, problem: 'status 503' },
      REQUEST_FAILED: { url, problem: 'connect ECONNREFUSED 203.0.113.9:443' },
      REQUEST_TIMEOUT: { url, timeoutMs: 30_000 },
      UNRESOLVED_TEMPLATE: {
        template: 'deps.fetch_cart.body.idd',
        problem: 'deps.fetch_cart.body has no "idd". Did you mean "id"?',
      },
    },
  },
];

const shown = CHAPTERS.flatMap(({ examples }) => Object.keys(examples));
const missing = Object.keys(CATALOGUE).filter((code) => !shown.includes(code));
const unknown = shown.filter((code) => CATALOGUE[code] === undefined);
if (missing.length + unknown.length > 0) {
  fail(
    `scripts/generate-errors.mjs: no example for ${missing.join(', ') || 'nothing'}; no such code: ${unknown.join(', ') || 'none'}`,
  );
}

const text = await format(page(), { parser: 'markdown', printWidth: 100, singleQuote: true });
if (process.argv.includes('--check')) {
  if (readCurrent() !== text) fail('docs/errors.md is not up to date: run `npm run docs:errors`');
} else {
  writeFileSync(target, text);
}

function page() {
  const intro = `<!-- Generated by scripts/generate-errors.mjs from src/kernel/error-catalogue.ts. Do not edit. -->

# Errors

Tasker throws one class of error, \`TaskerError\`. Branch on its \`code\`; show its \`message\` and \`hint\`.

\`\`\`ts
import { createTasker, isTaskerError } from 'tasker-engine';

const tasker = createTasker();
try {
  await tasker.cancelTask(42, { actor: 'olga' });
} catch (error) {
  if (!isTaskerError(error)) throw error;
  console.error(error.code, error.message, error.hint);
  if (isTaskerError(error, 'TASK_STATE_CONFLICT')) console.error(error.details.status);
}
\`\`\`

| Property   | What it is                                                                                   |
| ---------- | -------------------------------------------------------------------------------------------- |
| \`code\`     | one of the codes below|
| \`message\`  | what is wrong, with which thing; for people, it may be reworded                                |
| \`hint\`     | what to do about it, as one sentence                                                           |
| \`details\`  | the parts of the message as data; its type follows from the code                               |
| \`status\`   | the HTTP status that fits, for a host with an HTTP interface of its own                        |
| \`exitCode\` | what the command line exits with: 2 for input, 1 for the system, 78 for configuration          |

A verb that throws has changed nothing. \`isTaskerError\` also knows errors of another copy of the package. \`ERROR_CODES\` is the list of
all codes with their status and hint.

Beside these, the command line reports \`INVALID_USAGE\` (a command or option that does not exist, exit code 2) and \`UNEXPECTED\` (an error
that is not Tasker's own, exit code 1; \`TASKER_DEBUG=1\` shows where it came from).
`;
  return [intro, ...CHAPTERS.map(chapter)].join('\n');
}

function chapter({ title, text: about, examples }) {
  return [`## ${title}`, about, ...Object.entries(examples).map(entry)].join('\n\n');
}

function entry([code, details]) {
  const { status, exit, message, hint } = CATALOGUE[code];
  const exitCode = exit ?? (status < 500 ? 2 : 1);
  const fields = Object.keys(details).map((name) => `\`${name}\``);
  return `### ${code}

    ${message(details)}

${plain(hint)}

Status ${status}, exit code ${exitCode}${fields.length === 0 ? '' : `; details: ${fields.join(', ')}`}.`;
}

/** Templates in a hint are shown as they are: outside a code span, Markdown readers would take them for something else. */
function plain(hint) {
  return hint.replaceAll('<', '&lt;');
}

function readCurrent() {
  try {
    return readFileSync(target, 'utf8').replaceAll('\r\n', '\n');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

function fail(problem) {
  console.error(problem);
  process.exit(1);
}
