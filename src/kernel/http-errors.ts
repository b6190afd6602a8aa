import type { Entry } from './error-entry.ts';

/** Errors of the HTTP interface: what is asked, who asks, and in which form. */
export const HTTP_ERRORS = {
  UNAUTHENTICATED: {
    status: 401,
    message: () => 'No valid credentials were given',
    hint: 'Send an API key or a token in the Authorization header: `Authorization: Bearer …`.',
  },
  FORBIDDEN: {
    status: 403,
    message: (d: { permission: string }) => `This needs the permission ${d.permission}`,
    hint: 'Ask an administrator for a key or a role that has it; docs/security.md lists who may do what.',
  },
  AUTHENTICATOR_FAILED: {
    status: 503,
    message: () => 'It could not be decided who you are and what you may do',
    hint: 'Try again; nobody is let in until it works. The log of the server has the reason.',
  },
  RATE_LIMITED: {
    status: 429,
    message: (d: { retryAfterMs: number }) =>
      `Too many requests; the next one is accepted in ${d.retryAfterMs} ms`,
    hint: 'Wait for the time in Retry-After, and send fewer requests at once.',
  },
  NOT_FOUND: {
    status: 404,
    message: (d: { what: string }) => `There is no ${d.what} here`,
    hint: 'GET openapi.json under the same base path lists everything that there is.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: (d: { method: string; allowed: readonly string[] }) =>
      `${d.method} is not possible here, only ${d.allowed.join(', ')}`,
    hint: 'Use one of the methods of the Allow header.',
  },
  MALFORMED_REQUEST: {
    status: 400,
    message: (d: { problem: string }) => `The request cannot be read: ${d.problem}`,
    hint: 'Correct the address or the header and send the request again.',
  },
  MALFORMED_BODY: {
    status: 400,
    message: (d: { problem: string }) => `The body is not JSON: ${d.problem}`,
    hint: 'Send one JSON value in UTF-8; nothing was stored.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    message: (d: { problem: string }) =>
      `The body is of a kind that is not read here: ${d.problem}`,
    hint: 'Send JSON in UTF-8, uncompressed, with Content-Type: application/json.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: (d: { limit: number }) => `The body is larger than ${d.limit} bytes`,
    hint: 'Store the large part elsewhere and send a reference to it, or raise the limit of the server.',
  },
  BODY_TIMEOUT: {
    status: 408,
    message: (d: { waitedMs: number }) =>
      `The body did not arrive: nothing came for ${d.waitedMs} ms`,
    hint: 'Send the request again, faster.',
  },
  HOST_NOT_ALLOWED: {
    status: 421,
    message: (d: { host: string }) => `The host ${d.host} is not served here`,
    hint: 'Use a name that the server knows, or add this one to allowedHosts.',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    message: (d: { origin: string }) => `Requests from the site ${d.origin} are not accepted`,
    hint: 'Call from the same site, or add the origin to allowedOrigins.',
  },
  UPGRADE_NOT_SUPPORTED: {
    status: 400,
    message: () => 'There are no web sockets here',
    hint: 'Use the event streams: GET /events and GET /tasks/{task_id}/events.',
  },
  SERVER_OVERLOADED: {
    status: 503,
    message: () => 'More requests are under way than this server takes',
    hint: 'Try again after the time in Retry-After.',
  },
  PUBLIC_WITHOUT_AUTHENTICATION: {
    status: 500,
    exit: 78,
    message: (d: { address: string }) =>
      `The address ${d.address} can be reached from outside, and nothing says who may come in`,
    hint: 'Listen on 127.0.0.1, or configure API keys or JWT (TASKER_API_KEYS, TASKER_JWT_…; see docs/security.md).',
  },
  ADDRESS_UNAVAILABLE: {
    status: 500,
    message: (d: { address: string; port: number; problem: string }) =>
      `Port ${d.port} of ${d.address} cannot be listened on: ${d.problem === 'EADDRINUSE' ? 'another program uses it' : d.problem}`,
    hint: 'Choose another port (--port or TASKER_PORT on the command line; 0 takes a free one), or stop the program that has it.',
  },
  ALREADY_RUNNING: {
    status: 409,
    exit: 1,
    message: (d: { url: string; pid: number }) => `already running at ${d.url} (pid ${d.pid})`,
    hint: 'Use that one, or stop it first.',
  },
  REMOTE_ERROR: {
    status: 502,
    message: (d: { url: string; status: number; code: string | null; problem: string }) =>
      `${d.url} answered ${d.status}${d.code === null ? '' : ` (${d.code})`}: ${d.problem}`,
    hint: 'The server may be of another version, or something stands between you and it: look at the status and the text.',
  },
  INTERNAL_ERROR: {
    status: 500,
    message: () => 'Something went wrong in the server; the request may be tried again',
    hint: 'The log of the server has the reason under the request_id.',
  },
} as const satisfies Record<string, Entry>;
