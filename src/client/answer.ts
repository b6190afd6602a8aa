import { z } from 'zod';
import { problemDto } from '../contract/dto/problem.ts';
import type { Endpoint } from '../contract/endpoint.ts';
import { ERROR_CODES, TaskerError, type ErrorDetails } from '../kernel/errors.ts';

/** Longest piece of a foreign answer that an error shows. */
const MOST_SHOWN = 200;

/**
 * The body of an answer as its declaration gives it. What the declaration does not name is left out, so that a newer server may say more.
 * @throws the error that a problem document tells; REMOTE_ERROR for an answer that the endpoint does not have, or in another form
 */
export async function readAnswer(endpoint: Endpoint, response: Response): Promise<unknown> {
  const text = await response.text();
  const declared = endpoint.answers[response.status];
  if (declared === undefined || isProblem(response)) throw errorOf(response, text);
  if (!(declared instanceof z.ZodType)) return text;
  const answer = declared.safeParse(parsed(text));
  if (answer.success) return answer.data;
  const [issue] = answer.error.issues;
  throw remoteError(response, null, `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

/**
 * The error of an answer: the one that its problem document tells, with the same code, message and what the document has of the details
 * (`taskId`, `problems`); REMOTE_ERROR where there is no document, or a code that is not known here.
 */
export function errorOf(response: Response, text: string): TaskerError {
  const document = problemDto.safeParse(parsed(text));
  if (!document.success) return remoteError(response, null, text.trim() || response.statusText);
  const { code, detail, task_id: taskId, errors } = document.data;
  const known = ERROR_CODES.find((entry) => entry.code === code);
  if (known === undefined) return remoteError(response, code, detail);
  const retryAfterMs = retryAfterOf(response);
  const details = {
    ...(taskId === undefined ? {} : { taskId }),
    ...(errors === undefined ? {} : { problems: errors }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
  // sound: the message is given, so that nothing is asked of the details but what the document has
  return new TaskerError(known.code, details as ErrorDetails<typeof known.code>, {
    message: detail,
  });
}

/** The time of a Retry-After header in seconds, or null. */
export function retryAfterOf(response: Response): number | null {
  const text = response.headers.get('retry-after');
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : null;
}

export function remoteError(
  response: Response,
  code: string | null,
  problem: string,
): TaskerError<'REMOTE_ERROR'> {
  const { url, status } = response;
  return new TaskerError('REMOTE_ERROR', {
    url,
    status,
    code,
    problem: problem.slice(0, MOST_SHOWN),
  });
}

function isProblem(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown; // sound: unknown says nothing
  } catch {
    return undefined; // no JSON: fits no schema
  }
}
