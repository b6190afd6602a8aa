import { isTaskerError, TaskerError } from '../../kernel/errors.ts';
import type { TaskRequestBody } from '../../contract/task-request.ts';
import type { CreatedTask } from '../../engine/types.ts';
import type { TaskRequest } from '../../model/task.ts';
import type { Access } from '../access.ts';
import type { ApiParts } from '../parts.ts';

interface Context {
  readonly access: Access;
  readonly parts: ApiParts;
}

/** Creates one task, where the caller may create tasks of that definition. */
export async function createOne(body: TaskRequestBody, context: Context): Promise<CreatedTask> {
  const name = await admittedName(body.name, context);
  return hidingForeign(context, () => context.parts.tasker.create(name, toTaskRequest(body)));
}

/** Creates tasks of one definition, all or none. @throws INVALID_REQUEST when they name several definitions */
export async function createMany(
  bodies: readonly TaskRequestBody[],
  context: Context,
): Promise<readonly CreatedTask[]> {
  const names = [...new Set(bodies.map((body) => body.name))];
  const [first = ''] = names;
  if (names.length > 1) {
    const problem = 'tasks must all have one name; send one request per definition';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  const name = await admittedName(first, context);
  return hidingForeign(context, () =>
    context.parts.tasker.createMany(name, bodies.map(toTaskRequest)),
  );
}

/** The full name of the definition. One of a namespace that the caller may not see does not exist for them. */
async function admittedName(asked: string, { access, parts }: Context): Promise<string> {
  const { namespace, name, version } = parts.tasker.definition(asked);
  if (!access.isInScope(namespace))
    throw new TaskerError('DEFINITION_NOT_FOUND', { name: asked, suggestion: '' });
  await access.require('tasks:create', { namespace, taskId: null });
  return `${namespace}/${name}@${version}`;
}

/** The task that a request repeats is named only to callers who may read tasks. */
async function hidingForeign<T>({ access }: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isRepeated =
      isTaskerError(error, 'DUPLICATE_TASK') || isTaskerError(error, 'IDEMPOTENCY_CONFLICT');
    if (!isRepeated || (await access.can('tasks:read'))) throw error;
    throw new TaskerError(error.code, { ...error.details, taskId: null }, { cause: error });
  }
}

export function toTaskRequest(body: TaskRequestBody): TaskRequest {
  return {
    context: body.context,
    ...(body.initiator === undefined ? {} : { initiator: body.initiator }),
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...(body.source_system === undefined ? {} : { sourceSystem: body.source_system }),
    ...(body.tags === undefined ? {} : { tags: body.tags }),
    ...(body.bypass_steps === undefined ? {} : { bypassSteps: body.bypass_steps }),
    ...(body.requested_at === undefined ? {} : { requestedAt: body.requested_at }),
    ...(body.priority === undefined ? {} : { priority: body.priority }),
    ...(body.idempotency_key === undefined ? {} : { idempotencyKey: body.idempotency_key }),
  };
}
