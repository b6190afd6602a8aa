/** As a plain function from `Request` to `Response`, as Next.js, Bun, Deno and others take it: `node fetch-handler.mjs [directory]`. */
import { serve } from '@hono/node-server';
import { createApi, principalOf } from 'tasker-engine/api';
import { ready, startTasker } from './order.mjs';

const tasker = await startTasker();
const api = createApi(tasker, {
  basePath: '/tasker',
  // A handler knows no sockets, so who calls must be said. This is the place for the session of your application.
  authenticate: (request) =>
    request.headers.get('cookie') === 'session=demo' ? principalOf('demo', ['operator']) : null,
});

const handler = (request) => api.fetch(request);

// Here it is served by Node, to have something that runs.
const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: handler, hostname: '127.0.0.1', port }, (address) => {
  ready(`http://127.0.0.1:${address.port}/tasker`, async () => {
    await api.close(); // ends event streams, so that the server can close
    await new Promise((closed) => server.close(closed));
    await tasker.stop();
  });
});
