import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve as serveHono } from '@hono/node-server';
import express, { type RequestHandler } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { taskerExpress } from '../../src/api/adapters/express.ts';
import { taskerFastify } from '../../src/api/adapters/fastify.ts';
import { taskerHono } from '../../src/api/adapters/hono.ts';
import { serveTasker, taskerListener } from '../../src/api/adapters/node.ts';
import type { Authenticator } from '../../src/contract/principal.ts';
import type { Tasker } from '../../src/tasker-interface.ts';

/** A host in which the interface is mounted. */
export interface RunningHost {
  /** With the base path. */
  readonly url: string;
  /** Errors that reached the host's own error handler. */
  readonly errors: readonly unknown[];
  close(): Promise<void>;
}

export interface HostSettings {
  readonly authenticate?: Authenticator;
}

export type StartHost = (tasker: Tasker, settings: HostSettings) => Promise<RunningHost>;

/** Every way of mounting that there is an adapter for. */
export const HOSTS: Readonly<Record<string, StartHost>> = {
  'node:http': async (tasker, settings) => {
    const listener = taskerListener(tasker, { basePath: '/tasker', ...settings });
    return onServer(createServer(listener), { api: listener.api, path: '/tasker' });
  },
  'a server of its own': async (tasker, settings) => {
    const server = await serveTasker(tasker, { port: 0, ...settings });
    return { url: server.url, errors: [], close: () => server.close() };
  },
  'Express under a path': (tasker, settings) =>
    inExpress(tasker, settings, { before: [], path: '/tasker' }),
  'Express without a path': (tasker, settings) => inExpress(tasker, settings, { before: [] }),
  'Express after its body parsers': (tasker, settings) =>
    inExpress(tasker, settings, {
      before: [express.json({ limit: '4mb' }), express.urlencoded(), express.text()],
      path: '/tasker',
    }),
  'Express after parsers that keep bytes': (tasker, settings) =>
    inExpress(tasker, settings, {
      before: [express.raw({ type: 'application/json', limit: '4mb' }), express.text()],
      path: '/tasker',
    }),
  Fastify: async (tasker, settings) => {
    const app = fastify({ forceCloseConnections: true });
    await app.register(taskerFastify, { prefix: '/tasker', tasker, ...settings });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { url: `${url}/tasker`, errors: [], close: () => app.close() };
  },
  'Fastify under two prefixes': async (tasker, settings) => {
    const app = fastify({ forceCloseConnections: true });
    await app.register(
      async (inner) => inner.register(taskerFastify, { prefix: '/tasker', tasker, ...settings }),
      { prefix: '/internal' },
    );
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { url: `${url}/internal/tasker`, errors: [], close: () => app.close() };
  },
  Hono: (tasker, settings) => inHono(tasker, settings, new Hono()),
  'Hono after a middleware that read the body': (tasker, settings) =>
    inHono(
      tasker,
      settings,
      new Hono().use(async (context, next) => {
        if (context.req.header('content-type') === 'application/json') await context.req.text();
        await next();
      }),
    ),
};

async function inExpress(
  tasker: Tasker,
  settings: HostSettings,
  mount: { readonly before: readonly RequestHandler[]; readonly path?: string },
): Promise<RunningHost> {
  const app = express();
  const errors: unknown[] = [];
  const middleware = taskerExpress(tasker, { basePath: '/tasker', ...settings });
  for (const handler of mount.before) app.use(handler);
  if (mount.path === undefined) app.use(middleware);
  else app.use(mount.path, middleware);
  app.get('/own', (_request, response) => void response.send('the own page of the host'));
  app.use(((error, _request, response, _next) => {
    errors.push(error);
    response.status(599).end();
  }) as express.ErrorRequestHandler);
  return onServer(createServer(app), { api: middleware.api, path: '/tasker', errors });
}

async function inHono(tasker: Tasker, settings: HostSettings, app: Hono): Promise<RunningHost> {
  const handler = taskerHono(tasker, { basePath: '/tasker', ...settings });
  app.all('/tasker/*', handler);
  const server = serveHono({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  return onServer(server, { api: handler.api, path: '/tasker' });
}

async function onServer(
  server: Server,
  mounted: {
    readonly api: { close(): Promise<void> };
    readonly path: string;
    readonly errors?: readonly unknown[];
  },
): Promise<RunningHost> {
  if (!server.listening)
    await new Promise<void>((resolve) => {
      server.once('listening', resolve);
      if (server.address() === null) server.listen(0, '127.0.0.1');
    });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${mounted.path}`,
    errors: mounted.errors ?? [],
    async close() {
      await mounted.api.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
