/** In an Express application: `node express.mjs [directory]`. */
import express from 'express';
import { taskerExpress } from 'tasker-engine/express';
import { ready, startTasker } from './order.mjs';

const tasker = await startTasker();
const tasks = taskerExpress(tasker, { basePath: '/tasker' });

const app = express();
app.use(express.json()); // may stand before
app.use('/tasker', tasks);
app.get('/', (_request, response) => response.send('the shop'));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  ready(`http://127.0.0.1:${server.address().port}/tasker`, async () => {
    await tasks.api.close(); // ends event streams, so that the server can close
    await new Promise((closed) => server.close(closed));
    await tasker.stop();
  });
});
