import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import type { ApiOptions } from '../../src/api/options.ts';
import { permissionsOf } from '../../src/contract/permissions.ts';
import type { Tasker } from '../../src/tasker-interface.ts';

/** A Tasker that nobody may touch: what reaches it has got in. */
function untouched(): Tasker {
  const tasker: unknown = new Proxy(
    {},
    {
      get: (_, verb) => {
        // What the interface subscribes to when it is made.
        if (verb === 'onChange' || verb === 'on') return () => () => undefined;
        throw new Error(`${String(verb)} was reached`);
      },
    },
  );
  return tasker as Tasker; // sound: a verb that is used throws
}

const ADA = { id: 'ada', permissions: permissionsOf(['admin']), namespaces: null };
const never = (): Promise<never> => new Promise(() => undefined);
const REQUESTS = [
  ['POST', '/tasks'],
  ['GET', '/tasks'],
  ['GET', '/workers'],
  ['GET', '/api_keys'],
  ['GET', '/events'],
] as const;

async function statuses(options: ApiOptions): Promise<readonly string[]> {
  const api = createApi(untouched(), options);
  const answers = await Promise.all(
    REQUESTS.map(async ([method, path]) => {
      const response = await api.fetch(
        new Request(`http://localhost/tasker${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: '{"name":"buy"}' } : {}),
        }),
      );
      return `${response.status} ${await response.text()}`;
    }),
  );
  await api.close();
  return answers;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test.each<[string, ApiOptions]>([
  [
    'an authenticator that throws',
    {
      authenticate: () => {
        throw new Error('secret detail');
      },
    },
  ],
  [
    'an authenticator that rejects',
    { authenticate: () => Promise.reject(new Error('secret detail')) },
  ],
  [
    'an authenticator that gives half a principal',
    { authenticate: () => ({ ...ADA, namespaces: undefined as unknown as null }) },
  ], // sound: a host in JavaScript may
  [
    'an authorizer that throws',
    {
      authenticate: () => ADA,
      authorize: () => {
        throw new Error('secret detail');
      },
    },
  ],
])('%s: 503 for everything, nothing reached, nothing told', async (_, options) => {
  for (const answer of await statuses(options)) {
    expect(answer).toMatch(/^503 .*"code":"AUTHENTICATOR_FAILED"/);
    expect(answer).not.toContain('secret detail');
  }
});

test.each<[string, ApiOptions]>([
  ['an authenticator', { authenticate: never }],
  ['an authorizer', { authenticate: () => ADA, authorize: never }],
])('%s that never answers: 503 after five seconds, nothing reached', async (_, options) => {
  const answers = statuses(options);
  await vi.advanceTimersByTimeAsync(5_000);

  for (const answer of await answers)
    expect(answer).toMatch(/^503 .*"code":"AUTHENTICATOR_FAILED"/);
});

test('an authorizer that says no: 403', async () => {
  const answers = await statuses({ authenticate: () => ADA, authorize: () => false });

  for (const answer of answers) expect(answer).toMatch(/^403 .*"code":"FORBIDDEN"/);
});

test('without an authenticator, whoever does not come from this machine is nobody', async () => {
  for (const answer of await statuses({}))
    expect(answer).toMatch(/^401 .*"code":"UNAUTHENTICATED"/);
});

test('public probes are there for everybody, and only they', async () => {
  const api = createApi(untouched(), { authenticate: () => null });
  const get = async (path: string): Promise<number> =>
    (await api.fetch(new Request(`http://localhost/tasker${path}`))).status;

  expect(await get('/health/live')).toBe(200);
  expect(await get('/health/status')).toBe(401);
  expect(await get('/metrics')).toBe(401);
  await api.close();
});

test('more requests than the rate are refused with the time to wait, each caller for themselves', async () => {
  const api = createApi(untouched(), {
    authenticate: (request) => ({ ...ADA, id: request.headers.get('x-user') ?? 'nobody' }),
    rateLimit: { perSecond: 1, burst: 2 },
  });
  const get = (user: string): Promise<Response> =>
    api.fetch(new Request('http://localhost/tasker/openapi.json', { headers: { 'x-user': user } }));

  expect([(await get('a')).status, (await get('a')).status]).toEqual([200, 200]);
  const refused = await get('a');
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect((await get('b')).status).toBe(200);
  await api.close();
});

test('whoever guesses is slowed down, and nobody else', async () => {
  const api = createApi(untouched(), {
    authenticate: (request) => (request.headers.has('x-user') ? ADA : null),
  });
  const get = async (remoteAddress: string, headers: Readonly<Record<string, string>> = {}) =>
    (
      await api.fetch(new Request('http://localhost/tasker/openapi.json', { headers }), {
        remoteAddress,
      })
    ).status;

  const guesses: number[] = [];
  for (let guess = 0; guess < 100; guess += 1) guesses.push(await get('2001:db8::1'));
  expect(guesses.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 401));
  expect(guesses.at(-1)).toBe(429);
  expect(await get('2001:db8::2')).toBe(429); // the same network
  expect(await get('2001:db9::1')).toBe(401);
  expect(await get('2001:db8::1', { 'x-user': 'ada' })).toBe(200);
  await api.close();
});
