import { encodeCursor, listOf } from '../api/rest/cursor.ts';
import type { TaskerClient } from '../client/types.ts';
import type { BulkAnswer, TaskFilter, TaskListRequest } from '../engine/list-types.ts';
import { TaskerError, type ErrorCode } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { workflowStepId, type Actor, type TaskRequest, type WorkflowStep } from '../model/task.ts';
import type { StepName, Tasker } from '../tasker-interface.ts';
import { annotationOf, attemptOf, operatorEntryOf, stepOf, taskOf, workerOf } from './from-wire.ts';

/** Steps of one answer. */
const PAGE = 200;

type Verbs = Pick<
  Tasker,
  | 'start'
  | 'stop'
  | 'on'
  | 'task'
  | 'tasks'
  | 'steps'
  | 'attempts'
  | 'operatorLog'
  | 'annotations'
  | 'workers'
  | 'cancelTask'
  | 'retryTask'
  | 'resolveTask'
  | 'cancelStep'
  | 'retryStep'
  | 'resolveStep'
  | 'updateStep'
  | 'actOnTasks'
> & { readonly create: (name: string, request: TaskRequest) => ReturnType<Tasker['createMany']> };

/**
 * A Tasker somewhere else, for the commands that look and intervene. Who acts is whom the service recognises, so the actor of a call is
 * not sent. What a service does not offer is refused when it is asked for.
 */
export function remoteTasker(client: TaskerClient): Tasker {
  const verbs: Verbs = { ...readingVerbs(client), ...actingVerbs(client) };
  const offered: Readonly<Record<string, unknown>> = {
    ...verbs,
    create: async (name: string, request: TaskRequest) => (await verbs.create(name, request))[0],
  };
  const tasker: unknown = new Proxy(offered, {
    get(target, verb) {
      // A promise asks whether it resolves to a promise.
      if (verb === 'then' || typeof verb === 'symbol') return undefined;
      if (verb in target) return target[verb];
      const problem = `a service does not offer this (${verb}); name the database instead`;
      throw new TaskerError('INVALID_REQUEST', { problem });
    },
  });
  return tasker as Tasker; // sound: a verb is the one of its name, or throws
}

function readingVerbs(client: TaskerClient) {
  const of = (taskId: number) => ({ params: { task_id: taskId } });
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    // Events belong to the process that works: from here they are found by looking.
    on: () => () => undefined,
    task: async (taskId) => taskOf((await client.getTask(of(taskId))).task),
    async tasks(request = {}) {
      const { tasks, next_cursor: next } = await client.listTasks({ query: queryOf(request) });
      const last = tasks.at(-1)?.task_id;
      const more = next !== null && last !== undefined ? { taskId: last, at: null } : null;
      return { tasks: tasks.map(taskOf), next: more };
    },
    async steps(taskId) {
      const found: WorkflowStep[] = [];
      for (;;) {
        const query = { limit: PAGE, offset: found.length, sort_by: 'position' as const };
        const { steps, total } = await client.listSteps({ ...of(taskId), query });
        found.push(...steps.map(stepOf));
        if (steps.length === 0 || found.length >= total) return found;
      }
    },
    attempts: async (taskId) =>
      (await client.listAttempts(of(taskId))).attempts.map((dto) => attemptOf(dto, taskId)),
    operatorLog: async (taskId) =>
      (await client.listOperatorLog(of(taskId))).entries.map(operatorEntryOf),
    annotations: async (taskId) =>
      (await client.listAnnotations(of(taskId))).annotations.map(annotationOf),
    workers: async () => (await client.listWorkers()).workers.map(workerOf),
  } satisfies Partial<Verbs>;
}

function actingVerbs(client: TaskerClient) {
  const task = (taskId: number, by: Actor) => ({ params: { task_id: taskId }, body: why(by) });
  const place = (taskId: number, step: StepName) => ({
    params: { task_id: taskId, step_id: stepId(taskId, step) },
  });
  return {
    async create(name, request) {
      const { task: created } = await client.createTask({ body: bodyOf(name, request) });
      // Whether an idempotency key found it is not told, and only shown in a remark.
      return [{ taskId: created.task_id, created: true }];
    },
    cancelTask: async (taskId, by) => taskOf((await client.cancelTask(task(taskId, by))).task),
    retryTask: async (taskId, by) => taskOf((await client.retryTask(task(taskId, by))).task),
    resolveTask: async (taskId, by) => taskOf((await client.resolveTask(task(taskId, by))).task),
    cancelStep: async (taskId, step, by) =>
      stepOf((await client.cancelStep({ ...place(taskId, step), body: why(by) })).step),
    retryStep: async (taskId, step, by) =>
      stepOf((await client.retryStep({ ...place(taskId, step), body: why(by) })).step),
    async resolveStep(taskId, step, by) {
      const body = { ...why(by), ...(by.result === undefined ? {} : { result: by.result }) };
      return stepOf((await client.resolveStep({ ...place(taskId, step), body })).step);
    },
    async updateStep(taskId, step, change) {
      const body = {
        ...why(change),
        ...(change.inputs === undefined ? {} : { inputs: objectOf(change.inputs) }),
        ...(change.retryLimit === undefined ? {} : { retry_limit: change.retryLimit }),
      };
      return stepOf((await client.updateStep({ ...place(taskId, step), body })).step);
    },
    async actOnTasks({ action, filter, by, limit, preview = false }) {
      const body = { filter: filterBody(filter), limit, preview, ...why(by) };
      const send = {
        cancel: client.bulkCancel,
        retry: client.bulkRetry,
        resolve: client.bulkResolve,
      };
      const { matched, acted, refused, remaining } = await send[action]({ body });
      return { matched, acted, remaining, refused: refused.map(refusalOf) };
    },
  } satisfies Partial<Verbs>;
}

function refusalOf(dto: {
  readonly task_id: number;
  readonly code: string;
  readonly message: string;
}): BulkAnswer['refused'][number] {
  // sound: the code is shown only, and a newer service may have others
  return { taskId: dto.task_id, code: dto.code as ErrorCode, message: dto.message };
}

function filterBody(filter: TaskFilter) {
  const { status, stepStatus, context, sourceSystem, dependentSystem } = filter;
  const { createdFrom, createdTo, annotation } = filter;
  const texts = { name: filter.name, namespace: filter.namespace, version: filter.version };
  const more = { tag: filter.tag, initiator: filter.initiator };
  return {
    ...texts,
    ...more,
    status: status === undefined ? undefined : [...status],
    step_status: stepStatus === undefined ? undefined : [...stepStatus],
    source_system: sourceSystem,
    dependent_system: dependentSystem,
    created_from: createdFrom?.toISOString(),
    created_to: createdTo?.toISOString(),
    annotation,
    context:
      context === undefined
        ? undefined
        : Object.fromEntries(context.map(({ path, value }) => [path, value])),
  };
}

function why({ reason }: Actor): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

/** A position is told as the id of the step; a name stays a name. */
function stepId(taskId: number, step: StepName): string {
  return typeof step === 'number' ? String(workflowStepId(taskId, step)) : step;
}

/** What the command line's filters ask for, newest first as it shows them. */
function queryOf(request: TaskListRequest) {
  const { status, name, namespace, tag, initiator, sourceSystem, limit, after } = request;
  const list = {
    ...(status === undefined ? {} : { status: [...status] }),
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(tag === undefined ? {} : { tag }),
    ...(initiator === undefined ? {} : { initiator }),
    ...(sourceSystem === undefined ? {} : { source_system: sourceSystem }),
    sort_order: 'desc' as const,
  };
  return {
    ...list,
    embed: 'none' as const,
    count: 'no' as const,
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { cursor: encodeCursor(after, listOf(list)) }),
  };
}

function bodyOf(name: string, request: TaskRequest) {
  return {
    name,
    context: objectOf(request.context),
    ...(request.initiator === undefined ? {} : { initiator: request.initiator }),
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    ...(request.sourceSystem === undefined ? {} : { source_system: request.sourceSystem }),
    ...(request.tags === undefined ? {} : { tags: [...request.tags] }),
    ...(request.bypassSteps === undefined ? {} : { bypass_steps: [...request.bypassSteps] }),
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    ...(request.idempotencyKey === undefined ? {} : { idempotency_key: request.idempotencyKey }),
  };
}

/** @throws INVALID_REQUEST for anything but a JSON object */
function objectOf(value: TaskRequest['context']): { readonly [key: string]: typeof value } {
  if (isJsonObject(value)) return value;
  throw new TaskerError('INVALID_REQUEST', { problem: 'a context must be a JSON object' });
}
