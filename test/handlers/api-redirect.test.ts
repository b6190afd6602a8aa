import { expect, test } from 'vitest';
import { failureOf, json, runApi, useLabs } from './api-lab.ts';
import type { Respond } from './api-lab.ts';

const lab = useLabs();

/** Sends `/from` to the target and answers everything else. */
function redirecting(status: number, target: string): Respond {
  return (request, response, body) =>
    request.url === '/from'
      ? void response.writeHead(status, { location: target }).end()
      : json({ arrived: true })(request, response, body);
}

test.each([
  [301, 'GET', ''],
  [302, 'GET', ''],
  [303, 'GET', ''],
  [307, 'POST', '{"a":1}'],
  [308, 'POST', '{"a":1}'],
])('a %i after a POST is followed as %s', async (status, method, body) => {
  const shop = await lab(redirecting(status, '/to'));
  expect(await runApi({ url: `${shop.url}/from`, method: 'POST', body: { a: 1 } })).toMatchObject({
    body: { arrived: true },
  });
  expect(shop.received[1]).toMatchObject({ method, path: '/to', body });
});

test('follows three redirects and not a fourth', async () => {
  const countdown: Respond = (request, response, body) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) json({})(request, response, body);
    else response.writeHead(302, { location: `/${left - 1}` }).end();
  };
  const shop = await lab(countdown);
  expect(await runApi({ url: `${shop.url}/3` })).toMatchObject({ status: 200 });
  expect(await failureOf(runApi({ url: `${shop.url}/4` }))).toMatchObject({
    name: 'PermanentError',
    code: 'UNEXPECTED_RESPONSE',
  });
});

test('a redirect that the step expects is a result', async () => {
  const shop = await lab(redirecting(302, '/to'));
  expect(await runApi({ url: `${shop.url}/from`, expect: 302 })).toMatchObject({
    status: 302,
    headers: { location: '/to' },
  });
  expect(shop.received).toHaveLength(1);
});

test.each([
  'http://169.254.169.254/latest/meta-data',
  'http://[::1]:1/',
  'http://127.0.0.2:1/',
  'http://2130706434/',
  'gopher://127.0.0.1:6379/_x',
  'file:///etc/passwd',
  'http://user:word@127.0.0.1/',
])('a redirect to %s is refused, although the first address was allowed', async (target) => {
  const shop = await lab(redirecting(302, target));
  expect(await failureOf(runApi({ url: `${shop.url}/from` }))).toMatchObject({
    name: 'PermanentError',
    code: 'BLOCKED_ADDRESS',
  });
  expect(shop.received).toHaveLength(1);
});

test('credentials stay with the first origin', async () => {
  const other = await lab(json({}));
  const shop = await lab(redirecting(307, `${other.url}/to`));
  const config = {
    url: `${shop.url}/from`,
    auth: { header: { name: 'X-Api-Key', value: '{{ secrets.SHOP_TOKEN }}' } },
    headers: { 'X-Second': '{{ secrets.SHOP_TOKEN }}', 'X-Plain': 'kept', Cookie: 'a=b' },
  };
  await runApi(config);
  expect(other.received[0]?.headers).toMatchObject({ 'x-plain': 'kept' });
  expect(JSON.stringify(other.received)).not.toMatch(/canary|cookie/);
  const same = await lab(redirecting(307, '/to'));
  await runApi({ ...config, url: `${same.url}/from` });
  expect(same.received[1]?.headers).toMatchObject({ 'x-api-key': 'canary-token-1', cookie: 'a=b' });
});

test('a redirect to something that is no address is permanent', async () => {
  const shop = await lab(redirecting(302, 'http://'));
  expect(await failureOf(runApi({ url: `${shop.url}/from` }))).toMatchObject({
    name: 'PermanentError',
    code: 'UNEXPECTED_RESPONSE',
  });
});
