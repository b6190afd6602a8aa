import { isTaskerError, TaskerError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import { redactText } from '../kernel/redact.ts';
import type { ProblemDto } from '../contract/dto/problem.ts';

/** Bytes of the texts of a problem, as JSON; the whole document stays below 4 KiB whatever a caller wrote. */
const MAX_DETAIL = 1_000;
const MAX_PROBLEM = 100;
const MAX_PROBLEMS = 2_200;

/** Any error as the problem document that a caller may see: for what is not the caller's doing, nothing of the inside. */
export function toProblem(error: unknown, requestId: string): ProblemDto {
  const known = isTaskerError(error) ? error : new TaskerError('INTERNAL_ERROR', {});
  const details: Readonly<Record<string, unknown>> = known.details;
  const isOurs = known.status >= 500;
  const taskId = details['taskId'];
  const errors = isOurs ? [] : problemsOf(details['problems']);
  return {
    type: `urn:tasker:error:${known.code}`,
    title: TITLES[known.status] ?? 'Error',
    status: known.status,
    detail: isOurs
      ? (SAFE[known.code] ?? titleOf(known.status))
      : cut(redactText(known.message), MAX_DETAIL),
    code: known.code,
    hint: known.hint,
    request_id: requestId,
    ...(typeof taskId === 'number' ? { task_id: taskId } : {}),
    ...(errors.length > 0 ? { errors } : {}),
  };
}

/** What a failure of our own is called towards a caller: the message itself may name addresses and files. */
const SAFE: Readonly<Record<string, string>> = {
  DATABASE_UNAVAILABLE: 'The database cannot be reached',
  DATABASE_READ_ONLY: 'The database accepts no writes',
  NOT_STARTED: 'The service is not started',
  AUTHENTICATOR_FAILED: 'It could not be decided who you are and what you may do',
  SERVER_OVERLOADED: 'More requests are under way than this server takes',
  WAIT_TIMEOUT: 'The task had not finished in the time that was given',
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

function titleOf(status: number): string {
  return TITLES[status] ?? 'Error';
}

/** The error as a response, and, where it is our own failure, a line in the log with the whole truth. */
export function problemResponse(
  error: unknown,
  { requestId, logger }: { readonly requestId: string; readonly logger: Logger },
): Response {
  const problem = toProblem(error, requestId);
  if (problem.status >= 500) {
    logger.error({ err: error, request_id: requestId, code: problem.code }, 'a request failed');
  }
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...extraHeaders(error, problem) },
  });
}

function extraHeaders(error: unknown, problem: ProblemDto): Readonly<Record<string, string>> {
  const details: Readonly<Record<string, unknown>> = isTaskerError(error) ? error.details : {};
  const allowed = details['allowed'];
  if (problem.status === 401) return { 'www-authenticate': 'Bearer' };
  if (problem.status === 405 && Array.isArray(allowed)) return { allow: allowed.join(', ') };
  const waitMs = details['retryAfterMs'];
  if (typeof waitMs === 'number')
    return { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) };
  return problem.status === 503 ? { 'retry-after': '1' } : {};
}

/** As many problems as there is room for. */
function problemsOf(value: unknown): { path: string; message: string }[] {
  const shown: { path: string; message: string }[] = [];
  let room = MAX_PROBLEMS;
  for (const one of Array.isArray(value) ? value : []) {
    const { path, message } = one as { path: unknown; message: unknown }; // sound: the details of the catalogue
    const problem = {
      path: cut(redactText(String(path)), MAX_PROBLEM),
      message: cut(redactText(String(message)), MAX_PROBLEM),
    };
    room -= bytesOf(problem) + 1;
    if (room < 0) break;
    shown.push(problem);
  }
  return shown;
}

/** As much of a text as has so many bytes in JSON, where one letter may have six. */
function cut(text: string, most: number): string {
  if (text.length <= most && bytesOf(text) <= most) return text;
  let kept = text.slice(0, most);
  while (bytesOf(kept) > most - 3) kept = kept.slice(0, Math.floor(kept.length * 0.9));
  return `${kept}…`;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
