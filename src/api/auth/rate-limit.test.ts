import { expect, test } from 'vitest';
import { createRateLimiter, rateLimitKey } from './rate-limit.ts';

const ADA = { id: 'ada', permissions: new Set<never>(), namespaces: null };

test('a burst is accepted at once, then as many as the rate gives', () => {
  const limiter = createRateLimiter({ perSecond: 10, burst: 3 });

  const at = (now: number) => limiter.take('a', now);
  expect([at(0), at(0), at(0)].every(({ allowed }) => allowed)).toBe(true);
  expect(at(0)).toEqual({ allowed: false, retryAfterMs: 100 });
  expect(at(40)).toEqual({ allowed: false, retryAfterMs: 60 });
  expect(at(100)).toEqual({ allowed: true, retryAfterMs: 0 });
  expect(at(100).allowed).toBe(false);
  expect([at(10_000), at(10_000), at(10_000), at(10_000)].map(({ allowed }) => allowed)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('what was refused costs nothing: asking again and again does not delay the next', () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 });
  limiter.take('a', 0);
  for (let now = 1; now < 1_000; now += 1) expect(limiter.take('a', now).allowed).toBe(false);

  expect(limiter.take('a', 1_000).allowed).toBe(true);
});

test('callers do not share a bucket', () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 });
  limiter.take('a', 0);

  expect(limiter.take('b', 0).allowed).toBe(true);
});

test('a hundred thousand callers are not remembered, and the latest are', () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 });
  for (let caller = 0; caller < 100_000; caller += 1) limiter.take(`caller ${caller}`, 0);

  expect(limiter.size).toBe(10_000);
  expect(limiter.take('caller 99999', 0).allowed).toBe(false);
  expect(limiter.take('caller 0', 0).allowed).toBe(true);
});

test.each([
  [ADA, '10.0.0.1', 'principal ada'],
  [null, '10.0.0.1', 'address 10.0.0.1'],
  [null, '::ffff:10.0.0.1', 'address 10.0.0.1'],
  [null, '2001:db8:1:2:aaaa::1', 'address 2001:db8:1:2::/64'],
  [null, '2001:0db8:0001:0002:bbbb:cccc:dddd:eeee', 'address 2001:db8:1:2::/64'],
  [null, 'fe80::1%eth0', 'address fe80:0:0:0::/64'],
  [null, null, 'address unknown'],
])('a request of %o from %s is counted as %s', (principal, address, key) => {
  expect(rateLimitKey(principal, address)).toBe(key);
});

test.each([
  [{ perSecond: 0, burst: 1 }, 'rateLimit.perSecond: must be more than 0'],
  [{ perSecond: NaN, burst: 1 }, 'rateLimit.perSecond'],
  [{ perSecond: 1, burst: 0 }, 'rateLimit.burst: must be a whole number from 1'],
  [{ perSecond: 1, burst: 1.5 }, 'rateLimit.burst'],
])('refuses %o', (limit, problem) => {
  expect(() => createRateLimiter(limit)).toThrow(problem);
});
