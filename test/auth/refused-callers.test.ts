import { createHmac, generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeBridge } from '../../src/api/adapters/node-bridge.ts';
import { anyOf } from '../../src/api/auth/any-of.ts';
import { apiKeys } from '../../src/api/auth/api-keys.ts';
import { jwt } from '../../src/api/auth/jwt.ts';
import { parseStaticKeys, staticKeyAuthenticator } from '../../src/api/auth/static-keys.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';

const STATIC = 'S1-static-key-that-has-32-letters';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const CHECKS = { issuer: 'https://id.example', audience: 'tasker' } as const;
const CLAIMS = { sub: 'ada', iss: 'https://id.example', aud: 'tasker' };

const shop = defineTask({ name: 'buy', identity: 'none' }, (t) => {
  t.step('pay', {}, () => ({ amount: 7 }));
});

const failing = defineTask({ name: 'fail' }, (t) => {
  t.step('break', { retryLimit: 1 }, () => {
    throw new Error('no');
  });
});

const rs256 = (claims: JWTPayload, header: object = {}, key = rsa): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', ...header })
    .setExpirationTime('1m')
    .sign(key.privateKey);

/** HS256 with the public key as the secret: what a server falls for that lets a token choose its algorithm. */
function confused(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const data = `${part({ alg: 'HS256' })}.${part({ ...CLAIMS, role: 'admin', exp: 4_102_444_800 })}`;
  return `${data}.${createHmac('sha256', PEM).update(data).digest('base64url')}`;
}

describeOnEachDatabase('callers over HTTP', (database) => {
  let engine: Engine;
  let server: Server;
  let elsewhere: Server;
  let taskId: number;
  const asked: string[] = [];

  beforeAll(async () => {
    engine = await startEngine(database);
    for (const definition of [shop, failing]) await engine.tasker.register(definition);
    const created = await engine.tasker.create('buy', {
      context: { card: '4111' },
      reason: 'first',
    });
    taskId = created.taskId;
    await engine.tasker.waitFor(taskId);
    const bridge = createNodeBridge(engine.tasker, {
      authenticate: anyOf(
        apiKeys(engine.tasker),
        staticKeyAuthenticator(parseStaticKeys(`ops=operator:${STATIC}`)),
        jwt({ ...CHECKS, algorithms: ['RS256'], publicKey: PEM }),
      ),
    });
    server = await listening(
      (request, response) => void bridge.answer(request, response, { hostRequest: request }),
    );
    elsewhere = await listening((request, response) => {
      asked.push(request.url ?? '');
      response.end('{"keys":[]}');
    });
  });
  afterAll(async () => {
    for (const one of [server, elsewhere]) await closed(one);
    await engine.finish();
  });

  const call = (
    headers: Readonly<Record<string, string>>,
    path = '/tasks',
    init: RequestInit = {},
  ) =>
    fetch(`${originOf(server)}/tasker${path}`, {
      ...init,
      headers: {
        ...headers,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
  const create = (headers: Readonly<Record<string, string>>, path?: string) =>
    call(headers, path, {
      method: 'POST',
      body: JSON.stringify({ name: 'buy', context: { n: Math.PI }, reason: 'x' }),
    });

  /** Rows of every table, so that nothing is stored unseen. */
  async function stored(): Promise<unknown> {
    const tables = await engine.sql(
      `select table_name as name from information_schema.tables where table_schema = $1 order by 1`,
      [engine.schema],
    );
    const counts = tables.map(async ({ name }) => [
      name,
      (await engine.sql(`select count(*) as n from {schema}.${String(name)}`))[0]?.['n'],
    ]);
    return Object.fromEntries(await Promise.all(counts)) as unknown; // sound: pairs of name and count
  }

  test.each<
    [
      string,
      () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>,
      string?,
    ]
  >([
    ['no credentials', () => ({})],
    ['Basic with nothing in it', () => ({ authorization: 'Basic Og==' })],
    ['a key in the address', () => ({}), `/tasks?api_key=${STATIC}`],
    ['a wrong key', () => ({ 'x-api-key': `${STATIC.slice(0, -1)}x` })],
    ['an unknown key of the right form', () => ({ 'x-api-key': `tk_aaaaaaaa_${'A'.repeat(43)}` })],
    ['SQL in a key', () => ({ 'x-api-key': "tk_aaaaaaaa_' or true --" })],
    ['HS256 signed with the public key', () => bearer(confused())],
    [
      'an unsigned token',
      () => bearer(new UnsecuredJWT({ ...CLAIMS, role: 'admin' }).setExpirationTime('1m').encode()),
    ],
    [
      'a token of another issuer',
      async () => bearer(await rs256({ ...CLAIMS, iss: 'https://evil.example', role: 'admin' })),
    ],
    [
      'a token for another audience',
      async () => bearer(await rs256({ ...CLAIMS, aud: 'mail', role: 'admin' })),
    ],
    [
      'a token that names its own key set',
      async () =>
        bearer(
          await rs256(
            { ...CLAIMS, role: 'admin' },
            { jku: `${originOf(elsewhere)}/jwks.json`, x5u: `${originOf(elsewhere)}/cert` },
            stranger,
          ),
        ),
    ],
    [
      'a token with a path as key id',
      async () =>
        bearer(await rs256({ ...CLAIMS, role: 'admin' }, { kid: '../../dev/null' }, stranger)),
    ],
  ])('%s: 401, nothing stored, nobody else asked', async (_, headers, path) => {
    const before = await stored();

    const [written, read] = [
      await create(await headers(), path),
      await call(await headers(), path),
    ];

    for (const response of [written, read]) {
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
      expect(text).not.toContain(STATIC);
    }
    expect(await stored()).toEqual(before);
    expect(asked).toEqual([]);
    expect((await call({}, '/health/live')).status).toBe(200);
  });

  test.each([
    ['"*" alone', { permissions: ['*'] }],
    ['an unknown permission', { permissions: ['tasks:everything'] }],
    ['another role', { role: 'root' }],
    ['permission to read', { permissions: ['tasks:read', 'tasks:list'] }],
  ])('a token with %s: 403 to a write, nothing stored', async (_, claims) => {
    const before = await stored();

    const response = await create(bearer(await rs256({ ...CLAIMS, ...claims })));

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: 'FORBIDDEN',
      detail: expect.stringContaining('tasks:create'),
    });
    expect(await stored()).toEqual(before);
  });

  test('a token without tasks:read_context and steps:read_results sees no payload anywhere', async () => {
    const headers = bearer(await rs256({ ...CLAIMS, role: 'viewer' }));

    for (const path of ['/tasks', `/tasks/${taskId}`, `/tasks/${taskId}/workflow_steps`]) {
      const response = await call(headers, path);
      expect(response.status, path).toBe(200);
      expect(await response.text(), path).not.toMatch(
        /4111|"amount"|"context"|"results"|"inputs"|"annotation"/,
      );
    }
    const operator = await call({ 'x-api-key': STATIC }, `/tasks/${taskId}`);
    expect(await operator.text()).toMatch(/4111.*"amount":7/);
  });

  test('what a caller does is recorded under the id of their principal', async () => {
    const { key, keyId } = await engine.tasker.apiKeys.create({
      name: 'bot',
      grants: ['operator'],
      by: 'ann',
    });
    const { taskId: failed } = await engine.tasker.create('fail', { context: {} });
    await engine.tasker.waitFor(failed);

    const answer = await call({ authorization: `Bearer ${key}` }, `/tasks/${failed}`, {
      method: 'DELETE',
    });

    expect(answer.status).toBe(200);
    const log = await engine.tasker.operatorLog(failed);
    expect(new Set(log.map(({ actor }) => actor))).toEqual(new Set([`key:${keyId}:bot`]));
  });

  test('a NUL in a header never reaches anybody', async () => {
    const status = await raw(
      server,
      'GET /tasker/tasks HTTP/1.1\r\nHost: localhost\r\nX-API-Key: abc\u0000def\r\nConnection: close\r\n\r\n',
    );

    expect(status).toBe(400);
    expect((await call({}, '/health/live')).status).toBe(200);
  });
});

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

async function listening(listener: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(listener ?? (() => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${portOf(server)}`;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** The status of the answer to these very bytes. */
function raw(server: Server, bytes: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(portOf(server), '127.0.0.1', () => socket.end(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])));
    socket.on('error', reject);
  });
}
