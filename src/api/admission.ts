import { TaskerError } from '../kernel/errors.ts';
import { ENDPOINTS, type EndpointName } from '../contract/index.ts';
import { ALL_PERMISSIONS } from '../contract/permissions.ts';
import type { Principal } from '../contract/principal.ts';
import { Access } from './access.ts';
import { createPermissionCheck } from './auth/permission-check.ts';
import { createRateLimiter, rateLimitKey } from './auth/rate-limit.ts';
import { isLocalCaller } from './http/guard.ts';
import type { ConnectionInfo } from './options.ts';
import type { ApiParts } from './parts.ts';

/** A request that found its endpoint. */
export interface Incoming {
  readonly name: EndpointName;
  readonly request: Request;
  readonly url: URL;
  /** The parameters of the path, as they stand there. */
  readonly params: Readonly<Record<string, string>>;
  readonly connection: ConnectionInfo;
  readonly requestId: string;
}

/** Where nobody said how to recognise callers, those on this machine are the administrator. */
const LOCAL: Principal = {
  id: 'local',
  permissions: new Set(ALL_PERMISSIONS),
  namespaces: null,
};

/** What everybody is who calls a public endpoint. */
const NOBODY: Principal = { id: 'nobody', permissions: new Set(), namespaces: [] };

/** A caller who could not be recognised may fail so often. */
const FAILURES = { perSecond: 10, burst: 50 };

/**
 * Decides who makes a request and whether they may call this endpoint at all, before the body is read.
 * @throws (from the answer) UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, AUTHENTICATOR_FAILED
 */
export function createAdmission(parts: ApiParts): (incoming: Incoming) => Promise<Access> {
  const { settings, tasker } = parts;
  const check = createPermissionCheck(settings.authorize ?? undefined);
  const limiter = settings.rateLimit === null ? null : createRateLimiter(settings.rateLimit);
  const failures = createRateLimiter(FAILURES);
  const limit = (limits: typeof failures, key: string): void => {
    const { allowed, retryAfterMs } = limits.take(key, performance.now());
    if (!allowed) throw new TaskerError('RATE_LIMITED', { retryAfterMs });
  };
  return async (incoming) => {
    const { permission } = ENDPOINTS[incoming.name];
    const anew = (): Promise<Principal | null> => recognise(incoming, parts);
    const accessParts = { check, tasker, recognise: anew };
    if (permission === 'public') return new Access(NOBODY, accessParts);
    const principal = await anew();
    if (principal === null) {
      limit(failures, rateLimitKey(null, incoming.connection.remoteAddress));
      throw new TaskerError('UNAUTHENTICATED', {});
    }
    if (limiter !== null && principal !== LOCAL) limit(limiter, rateLimitKey(principal, null));
    // The host's own decision is asked where it is known which task it is about.
    if (permission !== 'authenticated' && !principal.permissions.has(permission))
      throw new TaskerError('FORBIDDEN', { permission });
    return new Access(principal, accessParts);
  };
}

async function recognise(
  { request, url, connection }: Incoming,
  { settings }: ApiParts,
): Promise<Principal | null> {
  if (settings.authenticate !== null) return settings.authenticate(request);
  return isLocalCaller(url, connection.remoteAddress) ? LOCAL : null;
}
