import type { Entry } from './error-entry.ts';

/** Errors of attempts: recorded in the history of a step, never thrown at a caller. */
export const ATTEMPT_ERRORS = {
  RESULT_TOO_LARGE: {
    status: 422,
    message: (d: { bytes: number; limit: number }) =>
      `The handler's result is ${d.bytes} bytes; the limit is ${d.limit}`,
    hint: 'Return a reference to large data instead of the data.',
  },
  UNSERIALISABLE_RESULT: {
    status: 422,
    message: (d: { problem: string; path: string }) =>
      `The handler's result is not JSON: ${d.problem} at ${d.path}`,
    hint: 'Return plain JSON: no Map, Set, Date, Buffer, BigInt, function, NaN or circular value.',
  },
  UNSTORABLE_RESULT: {
    status: 422,
    message: (d: { problem: string; path: string }) =>
      `The handler's result cannot be stored: ${d.problem} at ${d.path}`,
    hint: 'Return values that PostgreSQL can store: no NUL, no lone surrogate, at most 100 levels deep.',
  },
  STEP_TIMEOUT: {
    status: 504,
    message: (d: { step: string; timeoutMs: number }) =>
      `Step "${d.step}" did not finish within ${d.timeoutMs} ms`,
    hint: 'Raise the timeout, or make the handler obey its AbortSignal and finish sooner.',
  },
  WORKER_LOST: {
    status: 500,
    message: (d: { step: string }) => `The worker that ran step "${d.step}" disappeared`,
    hint: 'Nothing to do when a retry follows; otherwise look for what killed the process and retry the step.',
  },
  POISON: {
    status: 500,
    message: (d: { step: string; attempts: number }) =>
      `Step "${d.step}" lost its worker at attempt ${d.attempts}, the last that it had`,
    hint: 'The handler probably ends the process (out of memory, process.exit): fix it, then retry the step.',
  },
  BLOCKED_ADDRESS: {
    status: 422,
    message: (d: { url: string; problem: string }) =>
      `The address ${d.url} may not be called: ${d.problem}`,
    hint: 'Allow the host by name in the outbound option if it is meant.',
  },
  UNEXPECTED_RESPONSE: {
    status: 502,
    message: (d: { url: string; problem: string }) =>
      `${d.url} answered with something unexpected: ${d.problem}`,
    hint: 'Check the remote system; a permanent answer is not retried.',
  },
  REQUEST_FAILED: {
    status: 502,
    message: (d: { url: string; problem: string }) => `${d.url} could not be called: ${d.problem}`,
    hint: 'Check that the remote system runs and can be reached from here.',
  },
  REQUEST_TIMEOUT: {
    status: 504,
    message: (d: { url: string; timeoutMs: number }) =>
      `${d.url} did not answer completely within ${d.timeoutMs} ms`,
    hint: 'Raise the timeout (of a step: handler_config.timeout), or look at why the remote system is slow.',
  },
  UNRESOLVED_TEMPLATE: {
    status: 422,
    message: (d: { template: string; problem: string }) => `{{ ${d.template} }}: ${d.problem}`,
    hint: 'Correct the path in handler_config, or make sure that the value is there.',
  },
} as const satisfies Record<string, Entry>;
