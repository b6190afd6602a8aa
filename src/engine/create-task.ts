import type { Connection } from '../db/db.ts';
import { TaskerError } from '../kernel/errors.ts';
import { identityHash, keyHash } from '../model/identity.ts';
import type { LoadedDefinition } from '../definition/task-definition.ts';
import type { TaskRequest } from '../model/task.ts';
import type { NewTask, TaskIdentity, TaskShape } from '../store/tasks/insert-tasks.ts';
import { checkRequest, type CheckedRequest } from './check-request.ts';
import { startCreationSpans, type CreationSpans } from '../telemetry/creation-span.ts';
import type { EngineParts } from './parts.ts';
import { openChildren, type PinnedDefinition } from './pinned-definitions.ts';
import type { CreatedTask } from './types.ts';

/** Tasks of one statement. */
const BATCH = 500;

/**
 * Creates tasks of one definition, in statements of at most 500. Every request is checked before anything is stored.
 *
 * I1: a task is stored whole (task, steps, queue rows, identity) or not at all: one statement.
 * I2: an identity that is taken gives the existing task for a repeated idempotency key with the same content, and an error otherwise.
 * I3: all tasks of one call or none: where one of several may be refused for its identity, the statements share a transaction.
 * @throws what checkRequest throws; DUPLICATE_TASK; IDEMPOTENCY_CONFLICT; VERSION_CONFLICT
 */
export async function createTasks(
  parts: EngineParts,
  loaded: LoadedDefinition,
  requests: readonly TaskRequest[],
): Promise<readonly CreatedTask[]> {
  const checked: CheckedRequest[] = [];
  for (const request of requests) checked.push(await checkRequest(loaded, request, parts.limits));
  const identities = checked.map((request, index) => identify(loaded, request, requests[index]));
  const pinned = await parts.pinned.save(loaded.definition);
  const spans = startCreationSpans(loaded.definition, checked.length);
  const createAll = async (connection: Connection): Promise<readonly CreatedTask[]> => {
    const all: CreatedTask[] = [];
    for (let from = 0; from < checked.length; from += BATCH) {
      const batch = checked.slice(from, from + BATCH);
      all.push(
        ...(await createBatch(parts, pinned, {
          connection,
          batch,
          identities: identities.slice(from, from + BATCH),
          traceContext: (index) => spans?.traceContext(from + index) ?? null,
        })),
      );
    }
    return all;
  };
  const mayBeRefused = requests.length > 1 && identities.some((identity) => identity !== null);
  const created = await traced(spans, () =>
    mayBeRefused ? parts.db.transaction(createAll) : createAll(parts.db),
  );
  parts.measures.tasksCreated(pinned, created.filter((task) => task.created).length);
  created.forEach((task, index) => {
    if (task.created) tell(parts, pinned, { ...task, bypassed: checked[index]?.bypassed });
  });
  if (created.some((task) => task.created)) parts.hintWork();
  return created;
}

/** Ends the spans of a creation with its outcome. */
async function traced(
  spans: CreationSpans | null,
  create: () => Promise<readonly CreatedTask[]>,
): Promise<readonly CreatedTask[]> {
  if (spans === null) return create();
  try {
    const created = await create();
    spans.created(created);
    return created;
  } catch (error) {
    spans.failed(error);
    throw error;
  }
}

/** Tells this process's subscribers of a new task, and of what is over already with its birth. */
function tell(
  { events, measures }: EngineParts,
  pinned: PinnedDefinition,
  { taskId, bypassed }: CreatedTask & { readonly bypassed: ReadonlySet<number> | undefined },
): void {
  const { name, steps } = pinned.definition;
  events.emit('task.created', { taskId, name });
  for (const position of bypassed ?? [])
    events.emit('step.skipped', { taskId, step: steps[position]?.name ?? '', attempt: 0 });
  if (bypassed?.size !== steps.length) return;
  measures.taskEnded(pinned, 'complete');
  events.emit('task.completed', { taskId });
}

/** The requests of one statement, each with its identity. */
interface Batch {
  readonly connection: Connection;
  readonly batch: readonly CheckedRequest[];
  readonly identities: readonly (TaskIdentity | null)[];
  /** What is stored so that attempts continue the trace of the task at this index. */
  readonly traceContext: (index: number) => string | null;
}

async function createBatch(
  parts: EngineParts,
  pinned: PinnedDefinition,
  { connection, batch, identities, traceContext }: Batch,
): Promise<readonly CreatedTask[]> {
  const shapes: TaskShape[] = [];
  const shapeOf = new Map<string, number>();
  const tasks: NewTask[] = [];
  const sent: number[] = []; // index in the batch of each task that is sent: a repetition inside the batch is not
  const firstWith = new Set<string>();
  batch.forEach((request, index) => {
    const identity = identities[index] ?? null;
    if (identity !== null && firstWith.has(identity.key)) return;
    if (identity !== null) firstWith.add(identity.key);
    tasks.push({
      ...request,
      shape: shapeIndex(pinned, request.bypassed, { shapes, shapeOf }),
      identity,
      traceContext: traceContext(index),
    });
    sent.push(index);
  });
  const ids = await parts.store.insertTasks(connection, shapes, tasks);
  const idAt = new Map(sent.map((index, at) => [index, ids[at] ?? null]));
  const refused = batch.flatMap((_, index) => (typeof idAt.get(index) === 'number' ? [] : [index]));
  if (refused.length === 0)
    return batch.map((_, index) => ({ taskId: idAt.get(index) ?? 0, created: true }));
  const keys = refused.flatMap((index) => identities[index]?.key ?? []);
  const holders = await parts.store.findIdentities(connection, keys);
  return batch.map((request, index) => {
    const taskId = idAt.get(index);
    if (typeof taskId === 'number') return { taskId, created: true };
    const identity = identities[index];
    const holder = identity ? holders.get(identity.key) : undefined;
    if (!identity || !holder)
      throw new TaskerError('DATABASE_FAULT', { problem: 'a task was neither stored nor refused' });
    return repeated(request, identity, holder);
  });
}

function repeated(
  request: CheckedRequest,
  identity: TaskIdentity,
  holder: { readonly taskId: number; readonly payload: string | null },
): CreatedTask {
  if (identity.windowMs !== null)
    throw new TaskerError('DUPLICATE_TASK', { taskId: holder.taskId, windowMs: identity.windowMs });
  if (identity.payload !== holder.payload) {
    throw new TaskerError('IDEMPOTENCY_CONFLICT', {
      taskId: holder.taskId,
      key: request.idempotencyKey ?? '',
    });
  }
  return { taskId: holder.taskId, created: false };
}

/** A caller's key wins over the definition's strategy: whoever sends one means it. */
function identify(
  loaded: LoadedDefinition,
  request: CheckedRequest,
  original: TaskRequest | undefined,
): TaskIdentity | null {
  const { namespace, name, identity } = loaded.definition;
  const task = `${namespace}/${name}`;
  const hash = (): string => identityHash({ ...request, namespace, name });
  if (request.idempotencyKey !== null) {
    return {
      key: keyHash('key', task, request.idempotencyKey),
      payload: hash(),
      windowMs: null,
    };
  }
  switch (identity.strategy) {
    case 'none':
      return null;
    case 'hash':
      return { key: hash(), payload: null, windowMs: identity.windowMs };
    case 'key':
      throw new TaskerError('INVALID_REQUEST', {
        problem: `task ${name} needs an idempotency key`,
      });
    case 'custom': {
      const key = loaded.customIdentity?.(original ?? { context: request.context });
      if (typeof key !== 'string' || key === '') {
        throw new TaskerError('INVALID_REQUEST', {
          problem: `the identity function of task ${name} gave no text`,
        });
      }
      return {
        key: keyHash('custom', task, key),
        payload: null,
        windowMs: identity.windowMs,
      };
    }
  }
}

/** The shape of a task with these steps bypassed: computed once per set and statement. */
function shapeIndex(
  pinned: PinnedDefinition,
  bypassed: ReadonlySet<number>,
  known: { readonly shapes: TaskShape[]; readonly shapeOf: Map<string, number> },
): number {
  const key = [...bypassed].toSorted((a, b) => a - b).join(',');
  const index = known.shapeOf.get(key);
  if (index !== undefined) return index;
  const { steps, width } = pinned.definition;
  const rows = steps.map((step) => ({
    position: step.position,
    waitingOn: step.parents.filter((parent) => !bypassed.has(parent)).length,
    skipped: bypassed.has(step.position),
  }));
  const roots = rows.filter((row) => row.waitingOn === 0 && !row.skipped);
  known.shapes.push({
    definitionId: pinned.definitionId,
    leavesLeft: rows.filter(
      (row) => !row.skipped && openChildren(pinned, row.position, bypassed).length === 0,
    ).length,
    steps: rows,
    ready: roots
      .slice(0, width ?? roots.length)
      .map((row) => ({ position: row.position, queue: steps[row.position]?.queue ?? 'default' })),
  });
  known.shapeOf.set(key, known.shapes.length - 1);
  return known.shapes.length - 1;
}
