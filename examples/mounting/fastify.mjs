/** In a Fastify application: `node fastify.mjs [directory]`. */
import fastify from 'fastify';
import { taskerFastify } from 'tasker-engine/fastify';
import { ready, startTasker } from './order.mjs';

const tasker = await startTasker();

const app = fastify();
await app.register(taskerFastify, { prefix: '/tasker', tasker });
app.get('/', async () => 'the shop');

const url = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) });
ready(`${url}/tasker`, async () => {
  await app.close(); // the plugin ends its event streams by itself
  await tasker.stop();
});
