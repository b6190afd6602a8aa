import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { sendGuarded } from '../../handlers/outbound.ts';
import type { Milliseconds } from '../../kernel/duration.ts';

/** Finds the key for a token in a published key set. */
export type KeySet = JWTVerifyGetKey;

const TIMEOUT_MS: Milliseconds = 3_000;
const CACHED_MS: Milliseconds = 600_000;
/** A token with an unknown key id makes it look again, at most this often. */
const COOLDOWN_MS: Milliseconds = 30_000;
const MAX_BYTES = 262_144;

/**
 * The key set at an address, fetched when it is first needed and remembered for ten minutes. Only this address is ever called: no redirect
 * is followed, nothing in a token leads anywhere, and its key id is only compared.
 */
export function createKeySet(url: URL): KeySet {
  return createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT_MS,
    cacheMaxAge: CACHED_MS,
    cooldownDuration: COOLDOWN_MS,
    [customFetch]: (_, { headers, signal }) => fetchKeySet(url, headers, signal),
  });
}

/** The host names this address, not a caller, so it may be an inner one. */
async function fetchKeySet(url: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
  const request = {
    url,
    method: 'GET',
    headers: Object.fromEntries(headers),
    body: null,
    maxBytes: MAX_BYTES,
    tls: { verify: true, ca: null },
    signal,
    secretHeaders: new Set<string>(),
    keeps: () => true,
    shown: () => url.origin + url.pathname,
  };
  const { status, body } = await sendGuarded(request, { allowPrivate: true });
  // A Response of certain statuses may have no body; the one that counts is 200.
  return new Response(status === 200 ? new Uint8Array(body) : null, { status });
}
