/** In an Express application of CommonJS modules: `node commonjs.cjs [directory]`. */
const express = require('express');
const { taskerExpress } = require('tasker-engine/express');
const { ready, startTasker } = require('./order.mjs');

async function main() {
  const tasker = await startTasker();
  const tasks = taskerExpress(tasker, { basePath: '/tasker' });

  const app = express();
  app.use('/tasker', tasks);

  const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
    ready(`http://127.0.0.1:${server.address().port}/tasker`, async () => {
      await tasks.api.close();
      await new Promise((closed) => server.close(closed));
      await tasker.stop();
    });
  });
}

void main();
