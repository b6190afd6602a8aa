/** In a Hono application: `node hono.mjs [directory]`. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { taskerHono } from 'tasker-engine/hono';
import { ready, startTasker } from './order.mjs';

const tasker = await startTasker();
const tasks = taskerHono(tasker, { basePath: '/tasker' });

const app = new Hono();
app.all('/tasker/*', tasks);
app.get('/', (context) => context.text('the shop'));

const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (address) => {
  ready(`http://127.0.0.1:${address.port}/tasker`, async () => {
    await tasks.api.close(); // ends event streams, so that the server can close
    await new Promise((closed) => server.close(closed));
    await tasker.stop();
  });
});
