import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tasker } from '../../tasker-interface.ts';
import type { TaskerApi } from '../app.ts';
import type { HostOptions } from './hosted-api.ts';
import { createNodeBridge } from './node-bridge.ts';

export type { HostAuthenticator, HostOptions } from './hosted-api.ts';
export { serveTasker, type ServeOptions, type TaskerServer } from './serve.ts';

/** Tasker's interface as a listener of `node:http`. */
export interface TaskerListener {
  (request: IncomingMessage, response: ServerResponse): void;
  readonly api: TaskerApi;
}

/**
 * Makes a listener for a server of `node:http` or `node:https` that you run yourself.
 *
 * ```ts
 * const listener = taskerListener(tasker, { basePath: '/', authenticate: apiKeys(tasker) });
 * createServer(listener).listen(8080, '127.0.0.1');
 * ```
 *
 * It answers every request that it is given, those outside of `basePath` with 404. Call `.api.close()` before the server closes, so that
 * event streams end. `serveTasker` does this and more.
 *
 * @throws INVALID_OPTION
 */
export function taskerListener(
  tasker: Tasker,
  options: HostOptions<IncomingMessage> = {},
): TaskerListener {
  const { api, answer } = createNodeBridge(tasker, options);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response, { hostRequest: request });
  };
  return Object.assign(listener, { api });
}
