import type { ServerResponse } from 'node:http';
import type { Tasker } from '../../tasker-interface.ts';
import type { TaskerApi } from '../app.ts';
import type { HostOptions } from './hosted-api.ts';
import { createNodeBridge } from './node-bridge.ts';
import { readBodyOf, type ParsedRequest } from './read-body-of.ts';

export type { HostAuthenticator, HostOptions } from './hosted-api.ts';

/** What is used of Express' request; a session or a user that a middleware has put there is yours to read in `authenticate`. */
export interface ExpressRequest extends ParsedRequest {
  /** What Express took away from the address: empty where the middleware is not mounted under a path. */
  readonly baseUrl: string;
}

/** Tasker's interface as a middleware of Express. */
export interface TaskerMiddleware {
  (request: ExpressRequest, response: ServerResponse, next: (error?: unknown) => void): void;
  readonly api: TaskerApi;
}

/**
 * Makes a middleware for Express 5 (or 4, or Connect).
 *
 * ```ts
 * app.use('/tasker', taskerExpress(tasker, { basePath: '/tasker', authenticate: apiKeys(tasker) }));
 * ```
 *
 * It may stand before or after `express.json()`; a body that another parser has read (forms, plain text) is refused with 415. Used without
 * a path it answers what lies under `basePath` and leaves everything else to the next middleware. Its errors are its own answers:
 * Express' error handler never sees one. Call `.api.close()` before the server closes, so that event streams end.
 *
 * @throws INVALID_OPTION
 */
export function taskerExpress<HostRequest extends ExpressRequest = ExpressRequest>(
  tasker: Tasker,
  options: HostOptions<HostRequest> = {},
): TaskerMiddleware {
  const { api, answer } = createNodeBridge(tasker, options);
  const middleware = (request: HostRequest, response: ServerResponse, next: () => void): void => {
    if (request.baseUrl === '' && !isInside(request.url ?? '', api.basePath)) return next();
    void answer(request, response, { hostRequest: request, ...readBodyOf(request) });
  };
  return Object.assign(middleware, { api }) as TaskerMiddleware; // sound: Express gives its own request, whatever the host calls its type
}

function isInside(address: string, basePath: string): boolean {
  const [pathname = ''] = address.split('?');
  return pathname === basePath || pathname.startsWith(`${basePath}/`);
}
