/** The process under test: a Tasker without a worker behind its HTTP interface. Prints its port, ends with its parent. */
import { createTasker, defineTask } from 'tasker-engine';
import { serveTasker } from 'tasker-engine/node';

const tasker = createTasker({ database: process.argv[2], worker: false });
await tasker.register(
  defineTask({ name: 'order', identity: 'none' }, (t) => {
    const cart = t.step('fetch_cart', {}, () => null);
    const products = t.step('fetch_products', {}, () => null);
    const valid = t.step('validate_products', { dependsOn: { cart, products } }, () => null);
    const order = t.step('create_order', { dependsOn: { valid } }, () => null);
    t.step('publish_event', { dependsOn: { order } }, () => null);
  }),
);
await tasker.start();
const server = await serveTasker(tasker, { port: 0, rateLimit: false });
process.send({ url: server.url });
process.once('disconnect', () => process.exit(0));
