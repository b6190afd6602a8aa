import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { exportJWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anyOf } from '../../src/api/auth/any-of.ts';
import { jwt } from '../../src/api/auth/jwt.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const CLAIMS = { sub: 'ada', iss: 'https://id.example', aud: 'tasker', role: 'viewer' };

const signed = (header: object, key = pair): Promise<string> =>
  new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'ES256', ...header })
    .setExpirationTime('1m')
    .sign(key.privateKey);
const bearer = (token: string): Request =>
  new Request('http://localhost/tasks', { headers: { authorization: `Bearer ${token}` } });

describe('a published key set', () => {
  let server: Server;
  let answer: RequestListener;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'first', alg: 'ES256' }];
    answer = (_, response) => void response.end(JSON.stringify({ keys }));
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );

  function origin(): string {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return `http://127.0.0.1:${address.port}`;
  }
  const authenticator = () =>
    anyOf(
      jwt({
        algorithms: ['ES256'],
        jwksUrl: `${origin()}/keys`,
        allowInsecureJwks: true,
        issuer: 'https://id.example',
        audience: 'tasker',
      }),
    );

  test('is fetched once for many tokens', async () => {
    const authenticate = authenticator();

    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => authenticate(bearer(await signed({ kid: 'first' })))),
    );
    answers.push(await authenticate(bearer(await signed({ kid: 'first' }))));

    expect(answers.map((principal) => principal?.id)).toEqual(Array.from(answers, () => 'ada'));
    expect(asked).toEqual(['/keys']);
  });

  test('is the only thing that is asked, whatever a token names', async () => {
    const authenticate = authenticator();
    await authenticate(bearer(await signed({ kid: 'first' })));
    const evil = {
      jku: `${origin()}/evil`,
      x5u: `${origin()}/evil`,
      jwk: await exportJWK(other.publicKey),
    };

    expect(await authenticate(bearer(await signed({ ...evil, kid: 'first' }, other)))).toBe(null);
    expect(await authenticate(bearer(await signed({ ...evil, kid: 'first' })))).not.toBe(null);

    expect(asked).toEqual(['/keys']);
  });

  test('is not fetched again for every key id that a stranger makes up', async () => {
    const authenticate = authenticator();

    for (const kid of ['../../dev/null', 'a', 'b', 'c', '__proto__'])
      expect(await authenticate(bearer(await signed({ kid }, other)))).toBe(null);

    expect(asked).toEqual(['/keys']);
  });

  test('is not fetched for a token with an algorithm that is not allowed', async () => {
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setExpirationTime('1m')
      .sign(Buffer.from('a shared secret that is long enough for HS256'));

    expect(await authenticator()(bearer(token))).toBe(null);

    expect(asked).toEqual([]);
  });

  test.each<[string, RequestListener]>([
    ['answers with an error', (_, response) => void response.writeHead(500).end('{}')],
    ['leads elsewhere', (_, response) => void response.writeHead(302, { location: '/evil' }).end()],
    ['is no key set', (_, response) => void response.end('{"keys":7}')],
    ['is no JSON', (_, response) => void response.end('<html>')],
    [
      'is longer than a key set can be',
      (_, response) => void response.end(JSON.stringify({ keys: [], filler: 'x'.repeat(300_000) })),
    ],
    ['breaks off', (request) => void request.socket.destroy()],
  ])('lets nobody in while it %s, and again once it is back', async (_, broken) => {
    const [working, authenticate] = [answer, authenticator()];
    answer = broken;
    const token = await signed({ kid: 'first' });

    await expect(authenticate(bearer(token))).rejects.toMatchObject({
      code: 'AUTHENTICATOR_FAILED',
    });
    expect(asked).toEqual(['/keys']);

    answer = working;
    expect((await authenticate(bearer(token)))?.id).toBe('ada');
  });

  test('that never answers lets nobody in after three seconds', async () => {
    answer = () => undefined;
    const start = performance.now();

    await expect(authenticator()(bearer(await signed({ kid: 'first' })))).rejects.toMatchObject({
      code: 'AUTHENTICATOR_FAILED',
    });

    expect(performance.now() - start).toBeLessThan(4_900);
  });
});
