import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { TaskerError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { ENDPOINTS } from '../contract/index.ts';
import { openApiDocument } from '../contract/openapi.ts';
import type { Tasker } from '../tasker-interface.ts';
import { underTraceOf } from '../telemetry/request-trace.ts';
import { VERSION } from '../version.ts';
import { createAdmission } from './admission.ts';
import { createDispatch } from './dispatch.ts';
import { checkOuterForm } from './http/guard.ts';
import { createLiveHub } from './live/hub.ts';
import type { ApiOptions, ConnectionInfo } from './options.ts';
import type { ApiParts } from './parts.ts';
import { problemResponse } from './problem.ts';
import { ENDPOINT_NAMES } from './route.ts';
import { resolveApiOptions } from './settings.ts';

/** Tasker's interface for programs, as one `fetch` handler that mounts anywhere. */
export interface TaskerApi {
  /** Answers a request. Never throws. */
  fetch(request: Request, connection?: Partial<ConnectionInfo>): Promise<Response>;
  /** OpenAPI 3.1 of everything under the base path. */
  readonly openapi: { readonly [key: string]: Json };
  /** Where it is mounted, without a slash at the end. */
  readonly basePath: string;
  /** Ends every event stream, so that a server can close. Twice is fine. */
  close(): Promise<void>;
}

/** What one request carries through the router. */
interface Bindings {
  readonly Bindings: {
    readonly connection: ConnectionInfo;
    readonly requestId: string;
    readonly url: URL;
  };
}

/** Headers of every answer: nothing here is a page, nothing is for caches, nothing is to be guessed. */
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** A caller's own id of a request, taken over into answers and logs. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/**
 * Makes the interface of a Tasker.
 *
 * ```ts
 * const api = createApi(tasker, { authenticate: apiKeys(tasker) });
 * export default { fetch: (request) => api.fetch(request) };
 * ```
 *
 * @throws INVALID_OPTION
 */
export function createApi(tasker: Tasker, options: ApiOptions = {}): TaskerApi {
  const settings = resolveApiOptions(options);
  const hub = createLiveHub(tasker, {
    heartbeatMs: settings.heartbeatMs,
    logger: settings.logger,
  });
  const parts: ApiParts = { tasker, settings, hub };
  const openapi = openApiDocument(ENDPOINTS, {
    version: VERSION,
    server: settings.basePath === '' ? '/' : settings.basePath,
  });
  const router = createRouter(parts, openapi);
  const fetch: TaskerApi['fetch'] = async (request, connection = {}) => {
    const given = request.headers.get('x-request-id');
    const requestId = given !== null && REQUEST_ID.test(given) ? given : randomUUID();
    const answer = await answered(() => {
      const url = new URL(request.url);
      checkPath(url);
      checkOuterForm(request, url, settings);
      return router.fetch(request, {
        connection: { remoteAddress: null, ...connection },
        requestId,
        url,
      });
    });
    const response =
      answer instanceof Response
        ? answer
        : problemResponse(answer.error, { requestId, logger: settings.logger });
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    response.headers.set('x-request-id', requestId);
    return response;
  };
  return { fetch, openapi, basePath: settings.basePath, close: async () => hub.close() };
}

/** The response, or the error as a value. */
async function answered(
  work: () => Promise<Response> | Response,
): Promise<Response | { readonly error: unknown }> {
  try {
    return await work();
  } catch (error) {
    return { error };
  }
}

function createRouter(parts: ApiParts, openapi: { readonly [key: string]: Json }): Hono<Bindings> {
  const { basePath } = parts.settings;
  // The host may have taken the base path away already, or not.
  const app = new Hono<Bindings>({ getPath: (request) => withoutBase(request.url, basePath) });
  const admission = createAdmission(parts);
  const dispatch = createDispatch(parts, openapi);
  const methods = new Map<string, string[]>();
  for (const name of ENDPOINT_NAMES) {
    const { method, path, ...rest } = ENDPOINTS[name];
    const also = 'also' in rest ? [rest.also] : [];
    for (const one of [method, ...also]) {
      methods.set(path, [...(methods.get(path) ?? []), one]);
      app.on(one, path, (context) => {
        const call = {
          name,
          request: context.req.raw,
          params: context.req.param(),
          ...context.env,
        };
        return underTraceOf(call.request, async () => dispatch(call, await admission(call)));
      });
    }
  }
  for (const [path, allowed] of methods) {
    app.all(path, (context) => {
      throw new TaskerError('METHOD_NOT_ALLOWED', { method: context.req.method, allowed });
    });
  }
  app.notFound((context) => {
    throw new TaskerError('NOT_FOUND', { what: `page ${context.env.url.pathname.slice(0, 100)}` });
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}

/** @throws MALFORMED_REQUEST for a path that cannot be decoded */
function checkPath({ pathname }: URL): void {
  try {
    if (decodeURIComponent(pathname).includes('\u0000')) throw new URIError('a NUL');
  } catch (error) {
    const problem = 'the path has a broken percent sequence';
    throw new TaskerError('MALFORMED_REQUEST', { problem }, { cause: error });
  }
}

function withoutBase(address: string, basePath: string): string {
  const { pathname } = new URL(address);
  const inside =
    pathname === basePath || pathname.startsWith(`${basePath}/`)
      ? pathname.slice(basePath.length)
      : pathname;
  return inside.length > 1 && inside.endsWith('/') ? inside.slice(0, -1) : inside || '/';
}
