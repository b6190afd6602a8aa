import { Agent, createServer, request as sendRequest, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import { Hono, type Context } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { taskerExpress } from '../../src/api/adapters/express.ts';
import { taskerFastify } from '../../src/api/adapters/fastify.ts';
import { taskerHono } from '../../src/api/adapters/hono.ts';
import { listenAddress } from '../../src/api/adapters/listen-address.ts';
import { serveTasker, taskerListener } from '../../src/api/adapters/node.ts';
import { createApi } from '../../src/api/app.ts';
import { principalOf } from '../../src/api/principal-of.ts';
import type { Principal } from '../../src/contract/principal.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { pgliteDatabase } from '../support/each-database.ts';
import { gate, startEngine, until, type Engine } from '../support/engine.ts';

const anna = (): Principal => principalOf('anna', ['viewer']);

/** Status and body of a GET with exactly these headers. */
function get(
  url: string,
  headers: Record<string, string> = {},
  agent?: Agent,
): Promise<{ status: number; body: string; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(url, { headers, agent: agent ?? false }, (response) => {
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (part: string) => (body += part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body,
          connection: response.headers.connection,
        }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

describe('mounting [pglite]', () => {
  const database = pgliteDatabase();
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(database, { worker: false });
  });
  afterAll(() => engine.finish());

  describe('a session of the host becomes a principal in', () => {
    type WithUser = { user?: string | undefined };
    const viewer = (_: Request, { user }: WithUser): Principal | null =>
      user === undefined ? null : principalOf(user, ['viewer']);

    test('Express', async () => {
      const app = express();
      app.use((request, _response, next) => {
        Object.assign(request, { user: request.get('x-session') });
        next();
      });
      app.use(
        '/jobs',
        taskerExpress<express.Request & WithUser>(tasker(), { authenticate: viewer }),
      );
      await expectSessions(createServer(app));
    });

    test('Fastify', async () => {
      const app = fastify();
      app.addHook('preHandler', async (request) => {
        Object.assign(request, { user: request.headers['x-session'] });
      });
      await app.register(taskerFastify, {
        prefix: '/jobs',
        tasker: tasker(),
        authenticate: (request: Request, hostRequest: FastifyRequest & WithUser) =>
          viewer(request, hostRequest),
      });
      await app.ready();
      await expectSessions(app.server);
      await app.close();
    });

    test('Hono', async () => {
      const app = new Hono<{ Variables: WithUser }>();
      app.use(async (context, next) => {
        context.set('user', context.req.header('x-session'));
        await next();
      });
      const authenticate = (request: Request, context: Context<{ Variables: WithUser }>) =>
        viewer(request, { user: context.get('user') });
      app.all('/jobs/*', taskerHono(tasker(), { basePath: '/jobs', authenticate }));
      const serve = getRequestListener(app.fetch);
      await expectSessions(createServer((request, response) => void serve(request, response)));
    });
  });

  test('headers that hooks of Fastify have set go along', async () => {
    const app = fastify();
    app.addHook('onRequest', async (_request, reply) => {
      void reply.header('access-control-allow-origin', 'https://ops.example');
    });
    await app.register(taskerFastify, { prefix: '/jobs', tasker: tasker() });
    const answer = await fetch(
      `${await app.listen({ host: '127.0.0.1', port: 0 })}/jobs/health/live`,
    );
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://ops.example',
    ]);
    await answer.arrayBuffer();
    await app.close();
  });

  test('a request that did not come through the host is nobody', async () => {
    const { api } = taskerListener(tasker(), { authenticate: anna });
    expect((await api.fetch(new Request('http://localhost/tasker/tasks'))).status).toBe(401);
  });

  test('a plain fetch handler mounts in Hono, which takes the path away', async () => {
    const api = createApi(tasker(), { basePath: '/jobs', authenticate: anna });
    const app = new Hono().mount('/jobs', (request) => api.fetch(request));
    expect((await app.request('http://localhost/jobs/tasks')).status).toBe(200);
    expect((await app.request('http://localhost/jobs/nothing')).status).toBe(404);
  });

  test('without an authenticator, a caller on this machine is everybody, and one behind a proxy nobody', async () => {
    const server = await serveTasker(tasker(), { port: 0 });
    const url = `${server.url}/tasks`;
    expect((await get(url)).status).toBe(200);
    for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'])
      expect([name, (await get(url, { [name]: 'for=1.2.3.4' })).status]).toEqual([name, 401]);
    await server.close();
  });

  test('Express leaves what is not under the base path to the host', async () => {
    const app = express();
    app.use(taskerExpress(tasker(), { basePath: '/tasker', authenticate: anna }));
    app.get('/taskers', (_request, response) => void response.send('the host'));
    const server = createServer(app);
    const url = await listening(server);
    expect((await get(`${url}/taskers`)).body).toBe('the host');
    expect((await get(`${url}/tasker/tasks?limit=1`)).status).toBe(200);
    expect((await get(`${url}/tasker`)).body).toContain('NOT_FOUND');
    server.close();
  });

  test('the globals of the host are as they were', async () => {
    const { Request: before, Response: other } = globalThis;
    const server = await serveTasker(tasker(), { port: 0 });
    await get(server.url);
    await server.close();
    expect(globalThis.Request === before && globalThis.Response === other).toBe(true);
  });

  test('two interfaces of one process answer each from its own Tasker', async () => {
    const other = await startEngine(database, { worker: false });
    const app = express();
    app.use('/a', taskerExpress(tasker(), { basePath: '/a' }));
    app.use('/b', taskerExpress(other.tasker, { basePath: '/b' }));
    const server = createServer(app);
    const url = await listening(server);
    await other.tasker.mapObjects({ system: 'x', id: '1' }, { system: 'y', id: '2' });
    const names = async (path: string) => (await get(`${url}${path}/dependent_systems`)).body;
    expect(await names('/a')).not.toContain('"x"');
    expect(await names('/b')).toContain('"x"');
    server.close();
    await other.finish();
  });

  describe('a server of its own', () => {
    test.each(['0.0.0.0', '::'])('does not listen on %s without an authenticator', async (host) => {
      await expect(serveTasker(tasker(), { host, port: 0 })).rejects.toMatchObject({
        code: 'PUBLIC_WITHOUT_AUTHENTICATION',
        exitCode: 78,
      });
    });

    test('judges the address behind a name', async () => {
      expect(await listenAddress('localhost')).toEqual({ address: '127.0.0.1', isLoopback: true });
      expect(await listenAddress('127.1.2.3')).toMatchObject({ isLoopback: true });
      expect(await listenAddress('[::1]')).toEqual({ address: '::1', isLoopback: true });
      expect(await listenAddress('0')).toMatchObject({ isLoopback: false });
      await expect(listenAddress('')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(listenAddress('no such name')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    });

    test('knows its own names only, on a loopback address, whatever the authenticator says', async () => {
      const options = { port: 0, authenticate: anna, allowedHosts: ['tasks.example'] };
      const server = await serveTasker(tasker(), options);
      const status = async (host: string) => (await get(`${server.url}/tasks`, { host })).status;
      expect(await status('evil.example')).toBe(421);
      expect([await status('tasks.example'), await status('localhost:1')]).toEqual([200, 200]);
      await server.close();
    });

    test('says which port cannot be had', async () => {
      const server = await serveTasker(tasker(), { port: 0 });
      await expect(serveTasker(tasker(), { port: server.port })).rejects.toMatchObject({
        code: 'ADDRESS_UNAVAILABLE',
      });
      await expect(serveTasker(tasker(), { port: 70_000 })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
      await server.close();
    });

    test('refuses heads that are too large or have too many lines', async () => {
      const server = await serveTasker(tasker(), { port: 0 });
      const many = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`x-${n}`, 'a']));
      expect((await get(server.url, { host: 'localhost', ...many })).status).toBe(431);
      expect((await get(server.url, { 'x-large': 'a'.repeat(17_000) })).status).toBe(431);
      await server.close();
    });

    test('does not take a client that goes away in the middle of its body for a failure of its own', async () => {
      const [errors, asked] = [[] as unknown[], gate<AbortSignal>()];
      const logger = { ...silentLogger, error: (fields: unknown) => void errors.push(fields) };
      const server = await serveTasker(tasker(), {
        port: 0,
        logger,
        authenticate(request) {
          asked.open(request.signal);
          return principalOf('anna', ['operator']);
        },
      });
      const socket = connect(server.port, '127.0.0.1');
      const head = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100';
      socket.write(`POST /tasker/tasks HTTP/1.1\r\n${head}\r\n\r\n{"name"`);
      const signal = await asked.opened;
      socket.destroy();
      await until('it has noticed', () => signal.aborted);
      await server.close();
      expect(errors).toEqual([]);
    });

    test('answers a request without a usable Host with 400', async () => {
      const server = await serveTasker(tasker(), { port: 0, authenticate: anna });
      const { status, body } = await get(`${server.url}/tasks`, { host: 'a b/c' });
      expect([status, body.includes('MALFORMED_REQUEST')]).toEqual([400, true]);
      await server.close();
    });

    test('answers what is under way when it closes, ends its streams, and closes twice', async () => {
      const held = gate<Principal>();
      let asked = 0;
      const authenticate = (request: Request) =>
        request.url.endsWith('?limit=1') && (asked += 1) > 0 ? held.opened : anna();
      const server = await serveTasker(tasker(), { port: 0, authenticate });
      const stream = await fetch(`${server.url}/events`);
      const slow = get(`${server.url}/tasks?limit=1`);
      await until('the slow request is under way', () => asked === 1);
      const closed = server.close();
      expect(await stream.text()).toContain('retry:');
      await expect(get(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      held.open(anna());
      expect(await slow).toMatchObject({ status: 200, connection: 'close' });
      await Promise.all([closed, server.close()]);
    });

    test('answers what comes over an open connection while it closes, and closes it then', async () => {
      const server = await serveTasker(tasker(), { port: 0 });
      const agent = new Agent({ keepAlive: true });
      const first = await get(`${server.url}/tasks`, {}, agent);
      const closed = server.close();
      const second = await get(`${server.url}/tasks`, {}, agent);
      expect([first, second].map(({ status, connection }) => [status, connection])).toEqual([
        [200, 'keep-alive'],
        [200, 'close'],
      ]);
      await closed;
      agent.destroy();
    });

    test('cuts what has not ended after the grace', async () => {
      const asked = gate();
      const held = gate<Principal>();
      const server = await serveTasker(tasker(), {
        port: 0,
        grace: '20ms',
        authenticate() {
          asked.open();
          return held.opened;
        },
      });
      const cut = get(`${server.url}/tasks`).catch((error: unknown) => error);
      await asked.opened;
      await server.close();
      expect(await cut).toMatchObject({ code: 'ECONNRESET' });
      held.open(anna());
    });
  });

  const tasker = () => engine.tasker;

  async function expectSessions(server: Server): Promise<void> {
    const url = await listening(server);
    const known = await get(`${url}/jobs/tasks`, { 'x-session': 'anna' });
    const unknown = await get(`${url}/jobs/tasks`);
    expect([known.status, unknown.status]).toEqual([200, 401]);
    server.close();
  }
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // sound: it listens on a port
  return `http://127.0.0.1:${port}`;
}
