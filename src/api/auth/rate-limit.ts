import { isIPv4, isIPv6 } from 'node:net';
import type { Principal } from '../../contract/principal.ts';
import { groupsOf } from '../../handlers/address.ts';
import type { Milliseconds } from '../../kernel/duration.ts';
import { TaskerError } from '../../kernel/errors.ts';

/** How many requests are accepted. */
export interface RateLimit {
  /** Requests per second, in the long run. More than 0, at most 1,000,000. */
  readonly perSecond: number;
  /** Requests at once after a rest. 1 to 1,000,000. */
  readonly burst: number;
}

/** The answer for one request. */
export interface RateDecision {
  readonly allowed: boolean;
  /** When the next request is accepted; 0 when this one is. */
  readonly retryAfterMs: Milliseconds;
}

/**
 * A token bucket per key. It remembers at most 10,000 keys, those of the latest requests; one that it forgot starts with a full
 * bucket, so that the memory is bounded and an honest caller is never refused for others' sake.
 */
export interface RateLimiter {
  /** @param now milliseconds of a clock that only goes forward */
  take(key: string, now: Milliseconds): RateDecision;
  /** Keys that are remembered. */
  readonly size: number;
}

const MOST_KEYS = 10_000;
const HIGHEST = 1_000_000;

/** @throws INVALID_OPTION */
export function createRateLimiter({ perSecond, burst }: RateLimit): RateLimiter {
  if (!(perSecond > 0 && perSecond <= HIGHEST))
    throw invalid('perSecond', `must be more than 0 and at most ${HIGHEST}`);
  if (!(Number.isInteger(burst) && burst >= 1 && burst <= HIGHEST))
    throw invalid('burst', `must be a whole number from 1 to ${HIGHEST}`);
  const buckets = new Map<string, { readonly tokens: number; readonly at: Milliseconds }>();
  return {
    take(key, now) {
      const { tokens, at } = buckets.get(key) ?? { tokens: burst, at: now };
      const filled = Math.min(burst, tokens + ((now - at) * perSecond) / 1_000);
      const allowed = filled >= 1;
      buckets.delete(key); // so that the map is in the order of the latest requests
      buckets.set(key, { tokens: allowed ? filled - 1 : filled, at: now });
      if (buckets.size > MOST_KEYS) buckets.delete(buckets.keys().next().value ?? key);
      return {
        allowed,
        retryAfterMs: allowed ? 0 : Math.ceil(((1 - filled) * 1_000) / perSecond),
      };
    },
    get size() {
      return buckets.size;
    },
  };
}

/**
 * What a request is counted under: its principal, otherwise where it comes from. An IPv6 network (/64) counts as one, because whoever
 * has one address of it has them all.
 */
export function rateLimitKey(principal: Principal | null, remoteAddress: string | null): string {
  if (principal !== null) return `principal ${principal.id}`;
  if (remoteAddress === null) return 'address unknown';
  const address = (remoteAddress.split('%')[0] ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIPv4(address) || !isIPv6(address)) return `address ${address}`;
  const network = groupsOf(address).slice(0, 4);
  return `address ${network.map((group) => group.toString(16)).join(':')}::/64`;
}

function invalid(field: string, problem: string): TaskerError<'INVALID_OPTION'> {
  return new TaskerError('INVALID_OPTION', { option: `rateLimit.${field}`, problem });
}
