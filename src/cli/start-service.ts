import { apiKeys } from '../api/auth/api-keys.ts';
import { anyOf } from '../api/auth/any-of.ts';
import { environmentAuthenticators } from '../api/auth/environment.ts';
import { serveTasker } from '../api/adapters/node.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { Service, ServiceOptions } from './service.ts';

/**
 * Serves the interface of a Tasker, which need not be started yet. Callers are asked who they are when the environment says how to
 * recognise them, or when `auth` asks for it; keys of the database are good then in any case.
 *
 * @throws PUBLIC_WITHOUT_AUTHENTICATION, ADDRESS_UNAVAILABLE, INVALID_OPTION
 */
export async function startService(tasker: Tasker, options: ServiceOptions): Promise<Service> {
  const { security, auth, ...rest } = options;
  const configured = environmentAuthenticators(security);
  const asks = auth || configured.length > 0;
  const server = await serveTasker(tasker, {
    ...rest,
    ...(asks ? { authenticate: anyOf(...configured, apiKeys(tasker)) } : {}),
  });
  return { url: server.url, asksWho: asks, close: () => server.close() };
}
