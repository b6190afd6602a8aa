import { TaskerError, isTaskerError } from '../kernel/errors.ts';
import type { JsonLimits } from '../kernel/json.ts';
import type { LoadedDefinition } from '../definition/task-definition.ts';
import type { TaskRequest } from '../model/task.ts';
import type { TaskIdentity } from '../store/tasks/insert-tasks.ts';
import { checkRequest, type CheckedRequest } from './check-request.ts';
import { identify } from './identify.ts';

/** The checked requests of one call, each with its identity at the same index. */
export interface CheckedRequests {
  readonly checked: readonly CheckedRequest[];
  readonly identities: readonly (TaskIdentity | null)[];
}

/**
 * Checks every request of a call before anything is stored. With several requests, an error says which one it is about.
 * @throws what checkRequest and identify throw; INVALID_REQUEST for what is no list
 */
export async function checkRequests(
  loaded: LoadedDefinition,
  requests: readonly TaskRequest[],
  limits: JsonLimits,
): Promise<CheckedRequests> {
  if (!Array.isArray(requests))
    throw new TaskerError('INVALID_REQUEST', { problem: 'the requests must be a list' });
  const checked: CheckedRequest[] = [];
  const identities: (TaskIdentity | null)[] = [];
  for (const [index, request] of requests.entries()) {
    try {
      const one = await checkRequest(loaded, request, limits);
      identities.push(identify(loaded, one, request));
      checked.push(one);
    } catch (error) {
      throw aboutRequest(error, index, requests.length);
    }
  }
  return { checked, identities };
}

/** The error of one request among several, with its place in the list; anything else as it is. */
export function aboutRequest(error: unknown, index: number, count: number): unknown {
  if (count === 1 || !isTaskerError(error)) return error;
  const message = `Request ${index + 1} of ${count}: ${error.message}`;
  return new TaskerError(error.code, error.details, { cause: error, message });
}
