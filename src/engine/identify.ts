import { TaskerError } from '../kernel/errors.ts';
import { identityHash, keyHash } from '../model/identity.ts';
import type { LoadedDefinition } from '../definition/task-definition.ts';
import type { TaskRequest } from '../model/task.ts';
import type { TaskIdentity } from '../store/tasks/insert-tasks.ts';
import type { CheckedRequest } from './check-request.ts';
import type { CreatedTask } from './types.ts';

/** A caller's key wins over the definition's strategy: whoever sends one means it. */
export function identify(
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

/** What a request gets whose identity is taken. @throws DUPLICATE_TASK, IDEMPOTENCY_CONFLICT */
export function repeated(
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
