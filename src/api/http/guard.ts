import { isIP } from 'node:net';
import { TaskerError } from '../../kernel/errors.ts';
import type { ApiSettings } from '../parts.ts';

/** The names under which a machine calls itself. */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a socket's address is of this machine. */
export function isLoopbackAddress(address: string | null): boolean {
  if (address === null) return false;
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/**
 * What is refused before anybody is asked who they are: web sockets, names that are not served here (a page elsewhere can make a
 * browser call this machine under its own name), and writes from the pages of other sites.
 *
 * @throws UPGRADE_NOT_SUPPORTED, HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED
 */
export function checkOuterForm(request: Request, url: URL, settings: ApiSettings): void {
  const { headers, method } = request;
  if (headers.get('upgrade')?.toLowerCase() === 'websocket')
    throw new TaskerError('UPGRADE_NOT_SUPPORTED', {});
  checkHost(url, settings);
  if (method !== 'GET' && method !== 'HEAD') checkOrigin(headers, url, settings.allowedOrigins);
}

/** What only callers on this machine may do: everything, where nobody said how to recognise callers. */
export function isLocalCaller(url: URL, remoteAddress: string | null): boolean {
  return isLoopbackAddress(remoteAddress) && LOOPBACK_NAMES.includes(url.hostname);
}

function checkHost(url: URL, { allowedHosts, authenticate }: ApiSettings): void {
  const allowed = allowedHosts ?? (authenticate === null ? [] : null);
  if (allowed === null) return;
  const known = [...(authenticate === null ? LOOPBACK_NAMES : []), ...allowed];
  if (known.includes(url.hostname) || known.includes(url.host)) return;
  throw new TaskerError('HOST_NOT_ALLOWED', { host: url.hostname.slice(0, 100) });
}

function checkOrigin(headers: Headers, url: URL, allowed: readonly string[]): void {
  const origin = headers.get('origin');
  if (origin !== null && allowed.includes(origin)) return;
  const site = headers.get('sec-fetch-site');
  const isForeign = origin === null ? site === 'cross-site' : hostOf(origin) !== url.host;
  if (isForeign)
    throw new TaskerError('ORIGIN_NOT_ALLOWED', { origin: (origin ?? 'unknown').slice(0, 100) });
}

/** The host and port of an origin; a browser that hides the origin sends "null", which is nobody's. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
