import { expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import type { ApiOptions } from '../../src/api/options.ts';
import { createTasker } from '../../src/tasker.ts';
import { as, caller, read, requestOf, type Answer } from './lab.ts';

/** Asks for what needs no database, as somebody from this address. */
async function ask(
  remoteAddress: string | null,
  {
    url = 'http://localhost/tasker/openapi.json',
    ...rest
  }: {
    readonly url?: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
  options: ApiOptions = {},
): Promise<Answer> {
  const api = createApi(createTasker({ worker: false }), options);
  const { method = 'GET', headers = {} } = rest;
  const answer = await read(
    await api.fetch(requestOf(method, url, { headers }), { remoteAddress }),
  );
  await api.close();
  return answer;
}

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])(
  'without an authenticator a caller from %s may do everything',
  async (address) => {
    expect((await ask(address)).status).toBe(200);
  },
);

test.each([
  null,
  '',
  '10.0.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '0.0.0.0',
  '::',
  '::ffff:10.0.0.1',
  'fe80::1%lo',
  '2001:db8::1',
  '127.0.0.1.evil.example',
  'localhost',
  '127.1',
  '2130706433',
])('without an authenticator a caller from %s is nobody', async (address) => {
  const { status, headers, json } = await ask(address);

  expect({ status, json }).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
  expect(headers.get('www-authenticate')).toBe('Bearer');
});

test.each(['localhost', 'localhost:4747', '127.0.0.1', '[::1]:80', 'LOCALHOST'])(
  'without an authenticator %s is served',
  async (host) => {
    expect((await ask('127.0.0.1', { url: `http://${host}/tasker/openapi.json` })).status).toBe(
      200,
    );
  },
);

test.each([
  'evil.example',
  'localhost.evil.example',
  'evil.localhost',
  '127.0.0.2',
  '10.0.0.1',
  '[::2]',
  'tasker.internal',
])(
  'without an authenticator %s is not served, so no page can call this machine under it',
  async (host) => {
    const url = `http://${host}/tasker/openapi.json`;
    const { status, json } = await ask('127.0.0.1', { url });

    expect({ status, json }).toMatchObject({ status: 421, json: { code: 'HOST_NOT_ALLOWED' } });
  },
);

test('a name that is allowed is served, but whoever uses it is not the administrator', async () => {
  const options = { allowedHosts: ['tasker.internal'] };
  const url = 'http://tasker.internal/tasker/openapi.json';

  expect((await ask('127.0.0.1', { url }, options)).status).toBe(401);
  const known = { ...options, authenticate: as(caller()) };
  expect((await ask('10.0.0.1', { url }, known)).status).toBe(200);
  expect((await ask('10.0.0.1', {}, known)).status).toBe(421);
});

test.each<[string, Readonly<Record<string, string>>, number]>([
  ['no origin', {}, 404],
  ['its own origin', { origin: 'http://localhost' }, 404],
  ['an allowed origin', { origin: 'https://ops.example' }, 404],
  ['another site', { origin: 'https://evil.example' }, 403],
  ['a site with a name that ends the same', { origin: 'https://evil-ops.example' }, 403],
  ['an allowed name without its scheme', { origin: 'ops.example' }, 403],
  ['an allowed name on another port', { origin: 'https://ops.example:8443' }, 403],
  ['a hidden origin', { origin: 'null' }, 403],
  ['no origin but the word of the browser', { 'sec-fetch-site': 'cross-site' }, 403],
])('a write with %s', async (_, headers, status) => {
  const given = { method: 'POST', url: 'http://localhost/tasker/nothing', headers };

  const answer = await ask('127.0.0.1', given, { allowedOrigins: ['https://ops.example'] });

  expect(answer.status).toBe(status);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
});

test('a preflight of another site is not answered with leave', async () => {
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };

  const answer = await ask('127.0.0.1', {
    method: 'OPTIONS',
    url: 'http://localhost/tasker/tasks',
    headers,
  });

  expect(answer.status).toBe(403);
  for (const [name] of answer.headers) expect(name).not.toMatch(/^access-control/);
});

test('a caller who is known is limited by their rate, those of this machine are not', async () => {
  const rateLimit = { perSecond: 1, burst: 1 };
  const statuses = async (options: ApiOptions): Promise<readonly number[]> => {
    const api = createApi(createTasker({ worker: false }), { rateLimit, ...options });
    const request = (): Request => requestOf('GET', 'http://localhost/tasker/openapi.json');
    const answers = [];
    for (let turn = 0; turn < 3; turn += 1)
      answers.push((await api.fetch(request(), { remoteAddress: '127.0.0.1' })).status);
    await api.close();
    return answers;
  };

  expect(await statuses({})).toEqual([200, 200, 200]);
  expect(await statuses({ authenticate: as(caller()) })).toEqual([200, 429, 429]);
});
