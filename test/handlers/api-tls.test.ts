import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { failureOf, runApi } from './api-lab.ts';
import { CERTIFICATE, KEY } from './tls-fixture.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function secureServer(listener: RequestListener): Promise<string> {
  const server = https.createServer({ cert: CERTIFICATE, key: KEY }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo; // sound: it listens on a TCP port
  return `https://127.0.0.1:${port}`;
}

test('a certificate that nobody vouches for is refused', async () => {
  const url = await secureServer((_, response) => response.end('x'));
  expect(await failureOf(runApi({ url }))).toMatchObject({
    name: 'RetryableError',
    cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  });
});

test('the step may name the authority to trust, or trust everybody', async () => {
  const url = await secureServer((_, response) => response.end('x'));
  const folder = mkdtempSync(join(tmpdir(), 'ca-'));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, CERTIFICATE);
  expect(await runApi({ url, ssl: { ca_file: caFile } })).toMatchObject({ status: 200, body: 'x' });
  expect(await runApi({ url, ssl: { verify: false } })).toMatchObject({ status: 200 });
});

test('an authority that cannot be read is found when the step is bound', async () => {
  const attempt = runApi({ url: 'https://127.0.0.1/', ssl: { ca_file: '/no/such/file.pem' } });
  expect(await failureOf(attempt)).toMatchObject({
    name: 'TaskerError',
    code: 'HANDLER_NOT_LOADED',
  });
});

test('a redirect from https to http is refused', async () => {
  const url = await secureServer((_, response) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  );
  expect(await failureOf(runApi({ url, ssl: { verify: false } }))).toMatchObject({
    name: 'PermanentError',
    code: 'BLOCKED_ADDRESS',
  });
});
