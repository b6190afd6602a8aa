/** A server of the compiled package with a Tasker that only creates: `node mounting-server.mjs <database> <schema>`. Drains on SIGTERM, then exits with 0. */
import { once } from 'node:events';
import { createTasker, defineTask, jsonSchema } from '../../dist/index.js';
import { serveTasker } from '../../dist/api/adapters/node.js';

const [database, schema] = process.argv.slice(2);
const tasker = createTasker({ database, schema, worker: false });
await tasker.register(
  defineTask({ name: 'order', schema: jsonSchema({ type: 'object' }), identity: 'none' }, (t) => ({
    only: t.step('only', {}, () => ({})),
  })),
);
await tasker.start();
const server = await serveTasker(tasker, { port: 0 });
process.stdout.write(`listening on ${server.url}\n`);
await once(process, 'SIGTERM');
await server.close();
await tasker.stop();
