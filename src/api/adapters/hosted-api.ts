import type { Authenticator, Principal } from '../../contract/principal.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { createApi, type TaskerApi } from '../app.ts';
import type { ApiOptions, ConnectionInfo } from '../options.ts';

/**
 * Finds out who makes a request, with the host's own request at hand: a session that a middleware before it has found is there.
 * null means nobody. One that throws, or takes longer than five seconds, lets nobody in.
 */
export type HostAuthenticator<HostRequest> = (
  request: Request,
  hostRequest: HostRequest,
) => Promise<Principal | null> | Principal | null;

/** The options of the interface, where a host's own request is at hand. */
export interface HostOptions<HostRequest> extends Omit<ApiOptions, 'authenticate'> {
  /**
   * Finds out who makes a request: `apiKeys(tasker)`, `jwt({ … })`, or your own function over the request and the host's request.
   * @default nobody but callers on this machine (a loopback address and a loopback name as Host), who may do everything
   */
  readonly authenticate?: HostAuthenticator<HostRequest>;
}

/** What every adapter is made of: an interface that knows which request of the host a request came from. */
export interface HostedApi<HostRequest> {
  readonly api: TaskerApi;
  readonly fetch: (
    request: Request,
    hostRequest: HostRequest,
    connection: Partial<ConnectionInfo>,
  ) => Promise<Response>;
}

/** A proxy in front says so in these; then the socket's address is the proxy's and says nothing about the caller. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** @throws INVALID_OPTION */
export function createHostedApi<HostRequest extends object>(
  tasker: Tasker,
  options: HostOptions<HostRequest>,
): HostedApi<HostRequest> {
  const hosts = new WeakMap<Request, HostRequest>();
  const { authenticate, ...rest } = options;
  const asked: Authenticator = (request) => {
    const hostRequest = hosts.get(request);
    // A request that came past the adapter is nobody's.
    return hostRequest === undefined || authenticate === undefined
      ? null
      : authenticate(request, hostRequest);
  };
  const api = createApi(
    tasker,
    typeof authenticate === 'function' ? { ...rest, authenticate: asked } : (options as ApiOptions), // sound: what is no function is refused by its name
  );
  return {
    api,
    fetch(request, hostRequest, connection) {
      hosts.set(request, hostRequest);
      const isForwarded = FORWARDED.some((name) => request.headers.has(name));
      return api.fetch(request, isForwarded ? { ...connection, remoteAddress: null } : connection);
    },
  };
}
