import type { Connection } from '../db/db.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { LoadedDefinition } from '../definition/task-definition.ts';
import type { TaskRequest } from '../model/task.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { NewTask, StoredTask, TaskIdentity, TaskShape } from '../store/tasks/insert-tasks.ts';
import type { Json } from '../kernel/json.ts';
import type { CheckedRequest } from './check-request.ts';
import { aboutRequest, checkRequests, type CheckedRequests } from './check-requests.ts';
import { creationBatches } from './creation-batches.ts';
import { startCreationSpans, type CreationSpans } from '../telemetry/creation-span.ts';
import type { EngineParts, Stored } from './parts.ts';
import type { PinnedDefinition } from './pinned-definitions.ts';
import { shapeOf } from './task-shape.ts';
import { repeated } from './identify.ts';
import type { CreatedTask } from './types.ts';

/**
 * Creates tasks of one definition, in as few statements as creation-batches allows. Every request is checked before anything is stored.
 *
 * I1: a task is stored whole (task, steps, queue rows, identity) or not at all: one statement.
 * I2: an identity that is taken gives the existing task for a repeated idempotency key with the same content, and an error otherwise.
 * I3: all tasks of one call or none: several statements, or one in which some may be refused for their identity, share a transaction.
 * @throws what checkRequest throws; DUPLICATE_TASK; IDEMPOTENCY_CONFLICT; VERSION_CONFLICT
 */
export async function createTasks(
  parts: EngineParts,
  loaded: LoadedDefinition,
  requests: readonly TaskRequest[],
): Promise<readonly CreatedTask[]> {
  const { checked, identities } = await checkRequests(loaded, requests, parts.limits);
  const pinned = await parts.pinned.save(loaded.definition);
  const spans = startCreationSpans(loaded.definition, checked.length);
  const [only] = checked;
  if (only && checked.length === 1) {
    const identity = identities[0] ?? null;
    return [await createOne(parts, pinned, { request: only, identity, spans })];
  }
  const createAll = (connection: Connection) =>
    createBatches(parts, pinned, { connection, checked, identities, spans });
  const isOneStatement = creationBatches(checked, pinned.definition.steps.length).length <= 1;
  const mayStopHalfway = !isOneStatement || identities.some((identity) => identity !== null);
  const created = await traced(spans, () =>
    mayStopHalfway ? parts.db.transaction(createAll) : createAll(parts.db),
  );
  parts.measures.tasksCreated(pinned, created.filter((task) => task.created).length);
  created.forEach((task, index) => {
    if (task.created) tell(parts, pinned, { ...task, bypassed: checked[index]?.bypassed });
  });
  if (created.some((task) => task.created)) parts.hintWork();
  return created;
}

/** One task: its first steps are taken on by this process's worker if that has nothing else to do. */
async function createOne(
  parts: EngineParts,
  pinned: PinnedDefinition,
  {
    request,
    identity,
    spans,
  }: {
    readonly request: CheckedRequest;
    readonly identity: TaskIdentity | null;
    readonly spans: CreationSpans | null;
  },
): Promise<CreatedTask> {
  const { ready } = shapeOf(pinned, request.bypassed);
  const traceContext = spans?.traceContext(0) ?? null;
  const store = async (workerId: number | null): Promise<Stored<CreatedTask>> => {
    const [task] = await traced(spans, () =>
      createBatch(parts, pinned, {
        connection: parts.db,
        batch: [request],
        identities: [identity],
        place: { from: 0, count: 1 },
        traceContext: () => traceContext,
        workerId,
      }),
    );
    if (!task) throw new TaskerError('DATABASE_FAULT', { problem: 'no task was created' });
    const { taskId, created, stored } = task;
    const isTaken = stored?.taken === true;
    return {
      value: { taskId, created },
      taken: stored && isTaken ? firstSteps(pinned, { request, stored, ready, traceContext }) : [],
      tell() {
        if (!created) return;
        parts.measures.tasksCreated(pinned, 1);
        tell(parts, pinned, { taskId, created, bypassed: request.bypassed });
        if (isTaken) parts.events.emit('task.started', { taskId });
        else if (ready.length > 0) parts.hintWork();
      },
    };
  };
  const steps = { definitionId: pinned.definitionId, queues: ready.map((step) => step.queue) };
  const taker = ready.length > 0 ? parts.taker() : null;
  if (taker !== null) return taker.takeNew(steps, store);
  const { value, tell: tellOfIt } = await store(null);
  tellOfIt();
  return value;
}

/** The claims of a new task's first steps, as a claim from the queue would give them. */
function firstSteps(
  { definitionId }: PinnedDefinition,
  {
    request,
    stored,
    ready,
    traceContext,
  }: {
    readonly request: CheckedRequest;
    readonly stored: StoredTask;
    readonly ready: TaskShape['ready'];
    readonly traceContext: string | null;
  },
): readonly ClaimedStep[] {
  const { initiator, reason, sourceSystem, tags, bypassSteps } = request;
  const task = {
    context: JSON.parse(request.contextText) as Json, // sound: JSON text; the caller's own object is theirs to change
    initiator,
    reason,
    sourceSystem,
    tags,
    bypassSteps,
    traceContext,
    requestedAt: stored.requestedAt,
  };
  return ready.map(({ position }) => ({
    taskId: stored.taskId,
    position,
    attempts: 1,
    definitionId,
    rank: -request.priority,
    inputs: null,
    retryLimit: null,
    waitedMs: 0,
    task,
  }));
}

/** Stores the tasks of one call on one connection, statement by statement. */
export async function createBatches(
  parts: EngineParts,
  pinned: PinnedDefinition,
  {
    connection,
    checked,
    identities,
    spans,
  }: CheckedRequests & { readonly connection: Connection; readonly spans: CreationSpans | null },
): Promise<readonly CreatedTask[]> {
  const all: CreatedTask[] = [];
  for (const { from, to } of creationBatches(checked, pinned.definition.steps.length)) {
    const created = await createBatch(parts, pinned, {
      workerId: null,
      connection,
      batch: checked.slice(from, to),
      identities: identities.slice(from, to),
      place: { from, count: checked.length },
      traceContext: (index) => spans?.traceContext(from + index) ?? null,
    });
    all.push(...created.map((task) => ({ taskId: task.taskId, created: task.created })));
  }
  return all;
}

/** Ends the spans of a creation with its outcome. */
export async function traced<Created extends CreatedTask>(
  spans: CreationSpans | null,
  create: () => Promise<readonly Created[]>,
): Promise<readonly Created[]> {
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
  /** Where the batch stands among all requests of the call. */
  readonly place: { readonly from: number; readonly count: number };
  /** What is stored so that attempts continue the trace of the task at this index. */
  readonly traceContext: (index: number) => string | null;
  /** The worker that takes the first steps on; null: they go into the queue. */
  readonly workerId: number | null;
}

/** A task of a batch; `stored` is absent when it was there before. */
interface BatchTask extends CreatedTask {
  readonly stored?: StoredTask;
}

async function createBatch(
  parts: EngineParts,
  pinned: PinnedDefinition,
  { connection, batch, identities, place, traceContext, workerId }: Batch,
): Promise<readonly BatchTask[]> {
  const shapes: TaskShape[] = [];
  const shapeAt = new Map<string, number>();
  const tasks: NewTask[] = [];
  const sent: number[] = []; // index in the batch of each task that is sent: a repetition inside the batch is not
  const firstWith = new Set<string>();
  batch.forEach((request, index) => {
    const identity = identities[index] ?? null;
    if (identity !== null && firstWith.has(identity.key)) return;
    if (identity !== null) firstWith.add(identity.key);
    // Member by member: to spread the request took an eighth of the time of creating small tasks.
    tasks.push({
      shape: shapeIndex(pinned, request.bypassed, { shapes, shapeAt }),
      priority: request.priority,
      initiator: request.initiator,
      reason: request.reason,
      sourceSystem: request.sourceSystem,
      tags: request.tags,
      bypassSteps: request.bypassSteps,
      idempotencyKey: request.idempotencyKey,
      requestedAt: request.requestedAt,
      contextText: request.contextText,
      identity,
      traceContext: traceContext(index),
    });
    sent.push(index);
  });
  const answer = await parts.store.insertTasks(connection, { shapes, tasks, workerId });
  const storedAt = new Map<number, StoredTask>();
  sent.forEach((index, at) => {
    const stored = answer[at];
    if (stored) storedAt.set(index, stored);
  });
  const refused = batch.flatMap((_, index) => (storedAt.has(index) ? [] : [index]));
  const keys = refused.flatMap((index) => identities[index]?.key ?? []);
  const holders =
    keys.length === 0 ? new Map() : await parts.store.findIdentities(connection, keys);
  return batch.map((request, index) => {
    const stored = storedAt.get(index);
    if (stored) return { taskId: stored.taskId, created: true, stored };
    const identity = identities[index];
    const holder = identity ? holders.get(identity.key) : undefined;
    if (!identity || !holder)
      throw new TaskerError('DATABASE_FAULT', { problem: 'a task was neither stored nor refused' });
    try {
      return repeated(request, identity, holder);
    } catch (error) {
      throw aboutRequest(error, place.from + index, place.count);
    }
  });
}

/** The index of the shape of a task with these steps bypassed: computed once per set and statement. */
function shapeIndex(
  pinned: PinnedDefinition,
  bypassed: ReadonlySet<number>,
  known: { readonly shapes: TaskShape[]; readonly shapeAt: Map<string, number> },
): number {
  const key = bypassed.size === 0 ? '' : [...bypassed].toSorted((a, b) => a - b).join(',');
  const index = known.shapeAt.get(key);
  if (index !== undefined) return index;
  known.shapes.push(shapeOf(pinned, bypassed));
  known.shapeAt.set(key, known.shapes.length - 1);
  return known.shapes.length - 1;
}
