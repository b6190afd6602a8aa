import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { OutboundPolicy } from '../../src/handlers/outbound.ts';
import { failureOf, json, runApi, useLabs } from './api-lab.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const lab = useLabs();
const here = json({ here: true });

const strict: OutboundPolicy = {};
const answering = (...addresses: readonly string[]): NonNullable<OutboundPolicy['resolve']> => {
  return async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

test.each([
  'http://2130706433/',
  'http://[::1]/',
  'http://127.0.0.1:5432/',
  'http://[::ffff:169.254.169.254]/latest/meta-data',
  'http://169.254.169.254/',
  'http://[64:ff9b::7f00:1]/',
  'http://0177.0.0.1/',
  'http://0x7f.1/',
  'http://0/',
  'http://127.1/',
  'http://127.0.0.1./',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://10.1.2.3/',
  'http://100.64.0.1/',
  'http://[fd00:ec2::254]/',
])('%s is refused', async (url) => {
  expect(await failureOf(runApi({ url }, { services: { outbound: strict } }))).toMatchObject({
    name: 'PermanentError',
    code: 'BLOCKED_ADDRESS',
  });
});

test('no connection is opened to a refused address', async () => {
  let connections = 0;
  const server = createServer(() => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo; // sound: it listens on a TCP port
  for (const host of ['127.0.0.1', '2130706433', 'localhost', '[::ffff:127.0.0.1]']) {
    await failureOf(runApi({ url: `http://${host}:${port}/` }, { services: { outbound: strict } }));
  }
  expect(connections).toBe(0);
});

test('a name is refused when any of its addresses is not public', async () => {
  const outbound = { resolve: answering('93.184.215.14', '10.0.0.7') };
  expect(
    await failureOf(runApi({ url: 'http://shop.example/' }, { services: { outbound } })),
  ).toMatchObject({
    code: 'BLOCKED_ADDRESS',
    message: expect.stringContaining('it resolves to 10.0.0.7, which is a private network'),
  });
});

test('a name that answers with another address the second time is not asked a second time', async () => {
  const shop = await lab(here);
  let asked = 0;
  const resolve: OutboundPolicy['resolve'] = async () => {
    asked += 1;
    return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.99', family: 4 }];
  };
  // The name does not exist outside of this resolver, so an answer proves that the connection went to the checked address.
  const outbound = { allowHosts: ['rebind.example'], resolve };
  expect(
    await runApi({ url: `http://rebind.example:${shop.port}/` }, { services: { outbound } }),
  ).toMatchObject({ body: { here: true } });
  expect(asked).toBe(1);
  expect(shop.received[0]?.headers.host).toBe(`rebind.example:${shop.port}`);
});

test.each<[string, readonly string[], boolean]>([
  ['the address', ['127.0.0.1'], true],
  ['the address with its port', ['127.0.0.1:PORT'], true],
  ['the address with another port', ['127.0.0.1:1'], false],
  ['another address', ['127.0.0.2', 'example.com'], false],
  ['another form of the address', ['2130706433'], true],
])('the list of allowed hosts names %s', async (_, allowHosts, allowed) => {
  const shop = await lab(here);
  const hosts = allowHosts.map((host) => host.replace('PORT', String(shop.port)));
  const attempt = runApi({ url: shop.url }, { services: { outbound: { allowHosts: hosts } } });
  if (allowed) expect(await attempt).toMatchObject({ status: 200 });
  else expect(await failureOf(attempt)).toMatchObject({ code: 'BLOCKED_ADDRESS' });
});

test('a step may allow hosts or private addresses for itself', async () => {
  const shop = await lab(here);
  const services = { outbound: strict };
  expect(await runApi({ url: shop.url, allow_hosts: ['127.0.0.1'] }, { services })).toMatchObject({
    status: 200,
  });
  expect(await runApi({ url: shop.url, allow_private: true }, { services })).toMatchObject({
    status: 200,
  });
});

test('the host may allow private addresses for every step', async () => {
  const shop = await lab(here);
  expect(
    await runApi({ url: shop.url }, { services: { outbound: { allowPrivate: true } } }),
  ).toMatchObject({ status: 200 });
});

test('allowing a host does not allow other schemes or credentials in the address', async () => {
  const base = { services: { secret: () => 'ftp://127.0.0.1' } };
  expect(await failureOf(runApi({ url: '{{ secrets.BASE }}/x' }, base))).toMatchObject({
    code: 'BLOCKED_ADDRESS',
  });
  const credentials = { services: { secret: () => 'http://u:word@127.0.0.1' } };
  const error = await failureOf(runApi({ url: '{{ secrets.BASE }}/x' }, credentials));
  expect(error).toMatchObject({ code: 'BLOCKED_ADDRESS' });
  expect(error.message).not.toContain('word@');
});
