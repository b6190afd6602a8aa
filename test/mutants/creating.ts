import { onPostgres } from './killers.ts';
import type { Mutant } from './mutant.ts';

const INSERT = 'src/store/tasks/insert-tasks-text.ts';
const SHAPE = 'src/engine/task-shape.ts';

/** Creating tasks: identity, shape, the gate. */
export const CREATING: readonly Mutant[] = [
  {
    name: 'create: every repetition takes the identity over',
    file: INSERT,
    find: 'where greatest(excluded.requested_at - i.requested_at, i.requested_at - excluded.requested_at) >= excluded.expires_at - excluded.requested_at',
    replace: 'where true',
    killedBy: onPostgres(
      'engine/requests',
      'answers a repeated key with the existing task, and another content with a conflict (row 7)',
    ),
  },
  {
    name: 'create: a task is stored although its identity is taken',
    file: INSERT,
    find: 'where a.identity_key is null or a.task_id in (select task_id from identified)',
    replace: 'where true',
    killedBy: onPostgres(
      'race/claim',
      'a request with the same key is stored: the second finds the first one’s task',
    ),
  },
  {
    name: 'create: whatever the content under a repeated key',
    file: 'src/engine/identify.ts',
    find: 'if (identity.payload !== holder.payload)',
    replace: 'if (identity.payload === null)',
    killedBy: onPostgres(
      'engine/requests',
      'answers a repeated key with the existing task, and another content with a conflict (row 7)',
    ),
  },
  {
    name: 'create: stamped by the clock of the client',
    file: 'src/store/tasks/insert-tasks.ts',
    find: 'task.requestedAt,',
    replace: 'task.requestedAt ?? new Date(),',
    killedBy: onPostgres(
      'race/guards',
      'stamps a request that names no time, whatever time it is for the caller',
    ),
  },
  {
    name: 'create: a lost worker takes the first steps',
    file: INSERT,
    find: 'where worker_id = $3 and lost_at is null',
    replace: 'where worker_id = $3',
    killedBy: onPostgres(
      'race/guards',
      'puts them into the queue when the worker was declared lost',
    ),
  },
  {
    name: 'create: the first steps are taken and queued',
    file: INSERT,
    find: 'where not f.taken',
    replace: 'where true',
    killedBy: onPostgres(
      'race/guards',
      'gives it the first steps with their run counted, and puts none of them into the queue',
    ),
  },
  {
    name: 'create: the first steps are taken without slots',
    file: 'src/worker/pump.ts',
    find: 'if (isBusy || this.#free() < slots) return null',
    replace: 'if (isBusy) return null',
    killedBy: onPostgres(
      'engine/take-new',
      'waits in the queue when not all of its first steps find a slot',
    ),
  },
  {
    name: 'open tasks: a new one is missing',
    file: INSERT,
    find: 'select task_id from fresh where leaves_left > 0',
    replace: 'select task_id from fresh where false',
    killedBy: onPostgres(
      'race/guards',
      'gives it the first steps with their run counted, and puts none of them into the queue',
    ),
  },
  {
    name: 'create: the first run is not counted',
    file: INSERT,
    find: 'case when f.taken and s.ready then 1 else 0 end',
    replace: '0',
    killedBy: onPostgres(
      'race/guards',
      'gives it the first steps with their run counted, and puts none of them into the queue',
    ),
  },
  {
    name: 'create: a part of what was asked for at once is stored',
    file: 'src/engine/create-task.ts',
    find: 'mayStopHalfway ? parts.db.transaction(createAll)',
    replace: 'requests.length < 0 ? parts.db.transaction(createAll)',
    killedBy: onPostgres('engine/requests', 'creates all tasks of one call or none (rows 5, 7)'),
  },
  {
    name: 'create: in a transaction of the caller that is not open',
    file: 'src/engine/create-in-transaction.ts',
    find: 'await parts.store.requireTransaction(tx);',
    replace: '',
    killedBy: onPostgres('engine/caller-transactions', 'is refused before anything is stored'),
  },
  {
    name: 'definition: other content under a known version',
    file: 'src/engine/pinned-definitions.ts',
    find: 'stored.contentHash !== definition.contentHash',
    replace: `stored.contentHash === ''`,
    killedBy: onPostgres(
      'engine/versions',
      'another process that stored other content under the version is noticed (rows 4, 18)',
    ),
  },
  {
    name: 'shape: a bypassed step counts as a leaf',
    file: SHAPE,
    find: '(row) => !row.skipped && openChildren(pinned, row.position, bypassed).length === 0',
    replace: '(row) => openChildren(pinned, row.position, bypassed).length === 0',
    killedBy: onPostgres(
      'engine/bypass',
      'complete a task at its birth when they are all its steps (row 14)',
    ),
  },
  {
    name: 'shape: a step waits for bypassed parents',
    file: SHAPE,
    find: 'step.parents.filter((parent) => !bypassed.has(parent)).length',
    replace: 'step.parents.length',
    killedBy: onPostgres(
      'engine/bypass',
      'are skipped, satisfy their dependents, and give them no result (row 14, B12)',
    ),
  },
  {
    name: 'shape: all roots at once, whatever the width',
    file: SHAPE,
    find: '.slice(0, width ?? roots.length)',
    replace: '.slice(0, roots.length + 0 * (width ?? 0))',
    killedBy: onPostgres(
      'engine/parallel',
      'never runs more steps of one task than its width, and loses none (row 8)',
    ),
  },
  {
    name: 'gate: results are not checked',
    file: 'src/worker/execute.ts',
    find: 'const gated = gateJson(value, parts.limits);',
    replace: `const gated = { ok: true as boolean, text: JSON.stringify(value) ?? 'null', kind: '', problem: '', path: '' };`,
    killedBy: onPostgres(
      'inputs/results',
      'that cannot be stored are failed attempts with their code, and the worker goes on (row 9)',
    ),
  },
  {
    name: 'gate: contexts are not checked',
    file: 'src/engine/check-request.ts',
    find: 'const answer = gateJson(value, { ...limits, refuseForbiddenKeys: true });',
    replace: `const answer = { ok: true as boolean, text: JSON.stringify(value), kind: '', problem: '', path: '', bytes: 0 };`,
    killedBy: onPostgres(
      'inputs/requests',
      'are refused with their code and leave no trace when they are bad (rows 5, 6, 14)',
    ),
  },
  {
    name: 'gate: any depth',
    file: 'src/kernel/json.ts',
    find: 'if (depth >= walk.limits.maxDepth)',
    replace: 'if (depth >= Infinity)',
    killedBy: onPostgres(
      'inputs/requests',
      'are refused with their code and leave no trace when they are bad (rows 5, 6, 14)',
    ),
  },
  {
    name: 'definition: cycles are not found',
    file: 'src/model/graph.ts',
    find: 'if (state[parent] === 1)',
    replace: 'if (state[parent] === 3)',
    killedBy: onPostgres(
      'engine/faults',
      'B1 duplicates, unknown dependencies and cycles are found when the file is loaded',
    ),
  },
];
