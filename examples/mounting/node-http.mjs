/** A server that does nothing else: `node node-http.mjs [directory]`. */
import { serveTasker } from 'tasker-engine/node';
import { ready, startTasker } from './order.mjs';

const tasker = await startTasker();
const server = await serveTasker(tasker, { port: Number(process.env.PORT ?? 3000) });

ready(server.url, async () => {
  await server.close(); // ends event streams, answers what is under way
  await tasker.stop();
});
