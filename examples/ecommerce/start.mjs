/**
 * `npm start`: an order from cart to published event, on the embedded database, with one fault of the shop on purpose.
 * Orders that an earlier run left unfinished go on first.
 */
import { describeOrder, onStage, requestOrder, watchOrder } from './stage.mjs';

const CART = 3;

await onStage({ latencyMs: 150 }, async (stage) => {
  const { screen, tasker, shop, signal } = stage;
  await showBanner(stage);
  await finishEarlierOrders(stage);
  if (signal.aborted) return 1;

  shop.faults.set({ path: '/products', fault: '503' });
  screen.print(`\nThe shop will answer its next GET /products with 503. Cart ${CART}, please:\n`);
  const taskId = await requestOrder(stage, { cart: CART, initiator: 'npm start' });
  const end = await watchOrder(stage, taskId);
  if (signal.aborted || end === null) return 1;

  screen.print();
  await describeOrder(stage, taskId);
  const orders = await tasker.tasks({ name: 'order', namespace: 'ecommerce', limit: 200 });
  showWhatNext(stage, taskId, orders);
  return end.task.status === 'complete' ? 0 : 1;
});

async function showBanner({ screen, tasker, shop }) {
  const { database, durability } = await tasker.about();
  const promise = {
    sync: 'what is done survives a power cut',
    async: 'what is done survives a crash; the last moment may be lost in a power cut',
    process: 'what is done survives a crash of the process, not a power cut; one process at a time',
  };
  screen.print('tasker-engine: an order in five steps, two of them at once');
  screen.print(`  database  ${database}`);
  screen.print(`            ${promise[durability]}`);
  screen.print(`  shop      ${shop.url}`);
  screen.print('  Ctrl-C ends everything; the next npm start goes on where this one stopped');
}

async function finishEarlierOrders(stage) {
  const { tasker, screen, signal } = stage;
  const open = await tasker.tasks({
    name: 'order',
    namespace: 'ecommerce',
    status: ['pending', 'in_progress'],
    limit: 200,
  });
  for (const { taskId } of open.tasks.toReversed()) {
    if (signal.aborted) return;
    screen.print(`\nOrder task ${taskId} of an earlier run is unfinished and goes on:\n`);
    await watchOrder(stage, taskId);
  }
}

function showWhatNext({ screen }, taskId, { tasks, next }) {
  const many = `${next === null ? '' : 'More than '}${tasks.length} orders are`;
  screen.print(`\n${tasks.length === 1 ? 'One order is' : many} in the database. Next:\n`);
  const rows = [
    [`npx tasker tasks show ${taskId}`, 'every step and attempt of this order'],
    ['npx tasker tasks list', 'all orders so far'],
    ['npm run order -- --cart 15', 'an order that fails: not enough in stock'],
    ['npm run order -- --cart 7 --fault 429', 'a shop that says Retry-After'],
    ['npx tasker diagram examples/ecommerce/order.yaml', 'the five steps as a Mermaid diagram'],
  ];
  for (const [command, what] of rows) screen.print(`  ${command.padEnd(52)}${what}`);
  screen.print('\nThe guide: examples/ecommerce/README.md');
}
