import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tasker } from '../../tasker-interface.ts';
import type { HostOptions } from './hosted-api.ts';
import { createNodeBridge } from './node-bridge.ts';

export type { HostAuthenticator, HostOptions } from './hosted-api.ts';

/** What is used of Fastify's request; what your hooks and decorators have put there is yours to read in `authenticate`. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
}

/** What is used of Fastify's reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
  hijack(): unknown;
}

/** What is used of a Fastify instance. */
export interface FastifyLike<HostRequest extends FastifyRequestLike = FastifyRequestLike> {
  readonly prefix: string;
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    parser: (request: HostRequest, body: IncomingMessage, done: (error: null) => void) => void,
  ): unknown;
  all(
    path: string,
    handler: (request: HostRequest, reply: FastifyReplyLike) => Promise<unknown>,
  ): unknown;
  addHook(name: 'preClose', hook: () => Promise<void>): unknown;
}

/** The options of the plugin: the Tasker, the prefix that Fastify knows, and those of the interface. */
export interface TaskerFastifyOptions<
  HostRequest extends FastifyRequestLike = FastifyRequestLike,
> extends HostOptions<HostRequest> {
  readonly tasker: Tasker;
  /** Where it is mounted. `basePath` follows from it (and from the prefixes around it) and is seldom given. */
  readonly prefix?: string;
}

/**
 * A plugin for Fastify 5.
 *
 * ```ts
 * await app.register(taskerFastify, { prefix: '/tasker', tasker, authenticate: apiKeys(tasker) });
 * ```
 *
 * Your hooks up to `preHandler` run before it; the body is left to it, whatever parsers you have. When Fastify closes, its event streams
 * end. Stop the Tasker after that: `await app.close(); await tasker.stop();`
 *
 * @throws (rejects) INVALID_OPTION
 */
export async function taskerFastify<HostRequest extends FastifyRequestLike = FastifyRequestLike>(
  fastify: FastifyLike<HostRequest>,
  options: TaskerFastifyOptions<HostRequest>,
): Promise<void> {
  const { tasker, prefix: _, ...rest } = options;
  const { api, answer } = createNodeBridge(tasker, {
    ...rest,
    basePath: rest.basePath ?? (fastify.prefix === '' ? '/' : fastify.prefix),
  });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _body, done) => done(null));
  const handler = async (request: HostRequest, reply: FastifyReplyLike): Promise<void> => {
    // What your hooks have set (CORS, tracing) goes along: a hijacked reply would lose it.
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.hijack();
    await answer(request.raw, reply.raw, { hostRequest: request });
  };
  fastify.all('/', handler);
  fastify.all('/*', handler);
  // Before the server waits for its connections: a stream would keep it waiting.
  fastify.addHook('preClose', () => api.close());
}
