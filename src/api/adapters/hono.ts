import type { Tasker } from '../../tasker-interface.ts';
import type { TaskerApi } from '../app.ts';
import { createHostedApi, type HostOptions } from './hosted-api.ts';

export type { HostAuthenticator, HostOptions } from './hosted-api.ts';

/** What is used of Hono's context; what your middleware has set there is yours to read in `authenticate`. */
export interface HonoContextLike {
  readonly req: { readonly raw: Request; text(): Promise<string> };
  readonly env: unknown;
}

/** Tasker's interface as a handler of Hono. */
export interface TaskerHonoHandler<HostContext> {
  (context: HostContext): Promise<Response>;
  readonly api: TaskerApi;
}

/**
 * Makes a handler for Hono 4.
 *
 * ```ts
 * const tasks = taskerHono(tasker, { basePath: '/tasker', authenticate: apiKeys(tasker) });
 * app.all('/tasker/*', tasks);
 * ```
 *
 * A body that a middleware has read through `c.req` is found. The caller's address is known where Hono runs on `@hono/node-server`; on
 * other runtimes nobody is a caller on this machine, so give `authenticate`. For `app.mount` take `createApi(tasker).fetch`. Call
 * `.api.close()` before the server closes, so that event streams end.
 *
 * @throws INVALID_OPTION
 */
export function taskerHono<HostContext extends HonoContextLike = HonoContextLike>(
  tasker: Tasker,
  options: HostOptions<HostContext> = {},
): TaskerHonoHandler<HostContext> {
  const { api, fetch } = createHostedApi(tasker, options);
  const handler = async (context: HostContext): Promise<Response> => {
    const request = context.req.raw.bodyUsed ? await readAgain(context) : context.req.raw;
    return fetch(request, context, { remoteAddress: addressOf(context.env) });
  };
  return Object.assign(handler, { api });
}

/** The same request with the body that Hono has kept. */
async function readAgain({ req }: HonoContextLike): Promise<Request> {
  const { url, method, headers, signal } = req.raw;
  return new Request(url, { method, headers, signal, body: await req.text() });
}

/** The peer's address, from what `@hono/node-server` gives along. */
function addressOf(env: unknown): string | null {
  const address = member(member(member(env, 'incoming'), 'socket'), 'remoteAddress');
  return typeof address === 'string' ? address : null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name] // sound: it has the member
    : undefined;
}
