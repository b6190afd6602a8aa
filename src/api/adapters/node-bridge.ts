import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { TaskerError } from '../../kernel/errors.ts';
import { silentLogger } from '../../kernel/logger.ts';
import type { Tasker } from '../../tasker-interface.ts';
import type { TaskerApi } from '../app.ts';
import { problemResponse } from '../problem.ts';
import { createHostedApi, type HostOptions } from './hosted-api.ts';

/** What a host that speaks node:http gives along with a request. */
export interface NodeCall<HostRequest> {
  readonly hostRequest: HostRequest;
  /** The body, where the host has read it already: `{ value }`, which may be undefined. */
  readonly parsedBody?: { readonly value: unknown };
}

/** The interface for hosts that speak node:http. */
export interface NodeBridge<HostRequest> {
  readonly api: TaskerApi;
  /** Answers a request. Never rejects; resolves when the answer is written or the client has gone. */
  readonly answer: (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    call: NodeCall<HostRequest>,
  ) => Promise<void>;
}

/**
 * Makes the bridge. The globals of the host (`Request`, `Response`) are left as they are.
 * @throws INVALID_OPTION
 */
export function createNodeBridge<HostRequest extends object>(
  tasker: Tasker,
  options: HostOptions<HostRequest>,
): NodeBridge<HostRequest> {
  const hosted = createHostedApi(tasker, options);
  const calls = new WeakMap<object, NodeCall<HostRequest>>();
  const listener = getRequestListener(
    (request, { incoming }) => {
      const call = calls.get(incoming);
      if (call === undefined) return unreadable(new Error('a request without its call'), options);
      return hosted.fetch(request, call.hostRequest, {
        remoteAddress: incoming.socket.remoteAddress ?? null,
        ...(call.parsedBody === undefined ? {} : { parsedBody: call.parsedBody.value }),
      });
    },
    { overrideGlobalObjects: false, errorHandler: (error) => unreadable(error, options) },
  );
  return {
    api: hosted.api,
    async answer(incoming, outgoing, call) {
      calls.set(incoming, call);
      await listener(incoming, outgoing);
    },
  };
}

/** The answer to what cannot even be made a request: no Host, or a target that is no address. */
function unreadable(error: unknown, { logger }: HostOptions<never>): Response {
  const problem = error instanceof Error ? error.message.slice(0, 100) : 'its head is not valid';
  return problemResponse(new TaskerError('MALFORMED_REQUEST', { problem }, { cause: error }), {
    requestId: randomUUID(),
    logger: logger ?? silentLogger,
  });
}
