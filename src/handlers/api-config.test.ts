import { expect, test } from 'vitest';
import type { Json } from '../kernel/json.ts';
import { apiBackoffOverrides, parseApiConfig } from './api-config.ts';

const problemsOf = (config: Json): readonly string[] =>
  parseApiConfig(config).problems.map(({ path, message }) => `${path}: ${message}`);
const url = 'https://api.example.com/carts';

test('a url is enough; everything else has a default', () => {
  const { plan, problems } = parseApiConfig({ type: 'api', url });
  expect(problems).toEqual([]);
  expect(plan).toMatchObject({
    method: 'GET',
    timeoutMs: 30_000,
    expect: [[200, 299]],
    response: { body: 'auto', map: null, maxBytes: 5_242_880 },
    retryAfterCapMs: 3_600_000,
    allowHosts: [],
    allowPrivate: false,
    tls: { verify: true, caFile: null },
  });
});

test('accepts every field, and null for every optional one', () => {
  const full: Json = {
    type: 'api',
    url: 'https://{{ config.region }}.example.com/carts/{{ context.cart_id }}',
    region: 'eu',
    method: 'post',
    params: { page: 1, tags: ['a', '{{ context.tag }}'], none: null },
    headers: { 'X-Task': '{{ task.id }}', Accept: null },
    body: { cart: '{{ deps.fetch_cart.body }}' },
    auth: { basic: { username: 'shop', password: '{{ secrets.SHOP }}' } },
    timeout: '5s',
    expect: [200, '404', '3xx', '210-226'],
    response: { body: 'json', map: { id: 'data.items.0.id', note: 'note?' }, max_bytes: 1_000 },
    retry_after_cap: '10m',
    allow_hosts: ['localhost', '127.0.0.1:8080', '::1', '[::1]:8080'],
    allow_private: true,
    ssl: { verify: false, ca_file: '/etc/ca.pem' },
    enable_exponential_backoff: true,
    retry_delay: 2,
  };
  expect(problemsOf(full)).toEqual([]);
  const nulls = Object.fromEntries(Object.keys(full).map((key) => [key, null]));
  expect(problemsOf({ ...nulls, url })).toEqual([]);
});

test.each<[Json, string]>([
  [null, ': an api step needs a mapping'],
  [{}, 'url: is required'],
  [{ url: 5 }, 'url: must be text'],
  [{ url: 'ftp://x/' }, 'url: must begin with http'],
  [{ url: 'gopher://127.0.0.1:6379/_x' }, 'url: must begin with http'],
  [{ url: 'http://' }, 'url: is not an address'],
  [{ url: 'https://me:word@x/' }, 'url: carries a user name or password'],
  [{ url: '{{ context.url }}' }, 'url: must begin with http'],
  [{ url: `${url}/{{ contex.id }}` }, 'url: "contex" is unknown'],
  [{ url, method: 'FETCH' }, 'method: must be one of'],
  [{ url, body: {} }, 'body: a GET request has no body'],
  [{ url, method: 'POST', body: { a: ['{{ x }}'] } }, 'body.a[0]: "x" is unknown'],
  [{ url, params: [1] }, 'params: must be a mapping'],
  [{ url, headers: { 'bad name': 'x' } }, 'headers.bad name: is not a header name'],
  [{ url, headers: { Host: 'x' } }, 'headers.Host: is set by the connection itself'],
  [{ url, auth: { bearer: 'plain-token' } }, 'auth.bearer: must take its value from a secret'],
  [{ url, auth: { basic: { password: '{{ secrets.X }}' } } }, 'auth.basic.username: is required'],
  [{ url, auth: { bearer: '{{ secrets.X }}', basic: {} } }, 'auth: must have exactly one'],
  [{ url, auth: 'x' }, 'auth: must have exactly one'],
  [{ url, timeout: 'soon' }, 'timeout: is not a duration'],
  [{ url, timeout: 0 }, 'timeout: must be longer than nothing'],
  [{ url, expect: 'ok' }, 'expect: "ok" is no status'],
  [{ url, expect: '300-200' }, 'expect: "300-200" is no status'],
  [{ url, expect: [] }, 'expect: names no status'],
  [{ url, response: { boddy: 'json' } }, 'response.boddy: is unknown. Did you mean "body"?'],
  [{ url, response: { body: 'xml' } }, 'response.body: must be auto, json or text'],
  [{ url, response: { map: { a: 'x..y' } } }, 'response.map.a: must be a path'],
  [{ url, response: { max_bytes: 0 } }, 'response.max_bytes: must be a whole number above 0'],
  [{ url, retry_after_cap: -1 }, 'retry_after_cap: is not a duration'],
  [{ url, allow_hosts: ['http://x/'] }, 'allow_hosts[0]: must be a host name'],
  [{ url, allow_private: 'yes' }, 'allow_private: must be true or false'],
  [{ url, ssl: { verify: 'no' } }, 'ssl.verify: must be true or false'],
  [{ url, ssl: { versions: 1 } }, 'ssl.versions: is unknown'],
  [{ url, enable_exponential_backoff: 1 }, 'enable_exponential_backoff: must be true or false'],
  [{ url, retry_delay: 'x' }, 'retry_delay: must be a number of seconds'],
  [{ url, parms: {} }, 'parms: is unknown. Did you mean "params"?'],
])('says what is wrong with %j', (config, problem) => {
  expect(problemsOf(config).join('\n')).toContain(problem);
});

test('a key of the author is data, unless it looks like a mistyped known one that nothing uses', () => {
  expect(problemsOf({ url, warehouse: 'north' })).toEqual([]);
  expect(problemsOf({ url: `${url}/{{ config.urls }}`, urls: 'x' })).toEqual([]);
  expect(problemsOf({ url, urls: 'x' })).toEqual(['urls: is unknown. Did you mean "url"?']);
});

test("Tasker 1.2's fields set the backoff, and say nothing when they are absent", () => {
  expect(apiBackoffOverrides({ url })).toEqual({});
  expect(apiBackoffOverrides(null)).toEqual({});
  expect(apiBackoffOverrides({ url, enable_exponential_backoff: null, retry_delay: null })).toEqual(
    {},
  );
  expect(apiBackoffOverrides({ url, enable_exponential_backoff: true, retry_delay: 0.5 })).toEqual({
    strategy: 'exponential',
    baseMs: 500,
  });
  expect(apiBackoffOverrides({ url, enable_exponential_backoff: false })).toEqual({
    strategy: 'none',
  });
  expect(apiBackoffOverrides({ url, retry_delay: '2s' })).toEqual({ baseMs: 2_000 });
});
