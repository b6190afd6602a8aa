/**
 * `npm start`: an order from cart to published event, on the embedded database, with one fault of the shop on purpose; then it stays,
 * with its interface, until Ctrl-C. Orders that an earlier run left unfinished go on first.
 * `npm start -- --exit` ends after the order: 0 when it is complete, 1 when it failed.
 */
import { parseArgs } from 'node:util';
import { STOP_EXIT_CODES } from '../../dist/cli/io.js';
import { durabilityText } from '../../dist/cli/output/durability.js';
import { tellEvents } from '../../dist/cli/output/worker-log.js';
import { untilStopped } from '../../dist/cli/stop-signal.js';
import { describeOrder, requestOrder, switchFault, watchOrder } from './orders.mjs';
import { withService } from './service.mjs';
import { onStage, playHere } from './stage.mjs';

const CART = 3;
/** Of the refusals that are about what is set up here, and not about an order. */
const EXIT_REFUSED = 78;

const wanted = readArguments();
if (typeof wanted === 'string') {
  process.stderr.write(`${wanted}\nusage: npm start [-- --exit]\n`);
  process.exitCode = 2;
} else {
  await onStage((stage) => (stage.running === null ? start(stage) : refuse(stage)));
}

/** The arguments, or a sentence that says what is wrong with them. */
function readArguments() {
  try {
    return parseArgs({ options: { exit: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    return error.message;
  }
}

function refuse({ screen, running }) {
  screen.remark(`already running at ${running.url} (pid ${running.pid})`);
  screen.remark('  Order there: npm run order -- --cart 7     Or stop it first, with Ctrl-C');
  return EXIT_REFUSED;
}

function start(stage) {
  return playHere(stage, { latencyMs: 150 }, (here) =>
    withService(here, (url) => play({ ...here, url })),
  );
}

async function play(stage) {
  const { screen, signal } = stage;
  await showBanner(stage);
  await finishEarlierOrders(stage);
  if (signal.aborted) return 1;

  await switchFault(stage, { path: '/products', fault: '503' });
  screen.print(`\nThe shop will answer its next GET /products with 503. Cart ${CART}, please:\n`);
  const taskId = await requestOrder(stage, { cart: CART, initiator: 'npm start' });
  const end = await watchOrder(stage, taskId);
  if (signal.aborted || end === null) return 1;

  screen.print();
  await describeOrder(stage, taskId);
  await countOrders(stage);
  if (wanted.exit) {
    showCommands(stage, taskId);
    return end.task.status === 'complete' ? 0 : 1;
  }
  showInterface(stage, taskId);
  return stay(stage);
}

/** Shows what happens until it is asked to stop, which is how this ends and no failure; a reader that went away is told as such. */
async function stay({ tasker, screen, io, signal }) {
  screen.print('\nWhat happens is shown here, until Ctrl-C:\n');
  tellEvents(tasker, { io, screen, isVerbose: true, isCompact: true });
  await untilStopped({ signal });
  return signal.reason === 'SIGPIPE' ? STOP_EXIT_CODES.SIGPIPE : 0;
}

async function showBanner({ screen, tasker, shop, url }) {
  const { database, durability } = await tasker.about();
  screen.print('tasker-engine: an order in five steps, two of them at once');
  screen.print(`  database   ${database}`);
  screen.print(`             ${durabilityText(durability)}`);
  screen.print(`  shop       ${shop.url}`);
  screen.print(`  interface  ${url}`);
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

async function countOrders({ tasker, screen }) {
  const { count, exact } = await tasker.countTasks({ name: 'order', namespace: 'ecommerce' });
  const many = `${exact ? '' : 'About '}${count} orders are`;
  screen.print(`\n${count === 1 ? 'One order is' : many} in the database.`);
}

/** What can be typed next, whether this process stays or not. */
function showCommands({ screen }, taskId) {
  screen.print('\nNext:\n');
  showRows(screen, [
    [`npx tasker tasks show ${taskId}`, 'every step and attempt of this order'],
    ['npx tasker tasks list', 'all orders so far'],
    ['npm run order -- --cart 15', 'an order that fails: not enough in stock'],
    ['npm run order -- --cart 7 --fault 429', 'a shop that says Retry-After'],
    ['npx tasker diagram examples/ecommerce/order.yaml', 'the five steps as a Mermaid diagram'],
  ]);
  screen.print('\nThe guide: examples/ecommerce/README.md');
}

function showInterface(stage, taskId) {
  const { screen, url, shop } = stage;
  screen.print(`\nThe interface stays up at ${url}. In a second terminal:\n`);
  showRows(screen, [
    [`curl ${url}/tasks/${taskId}`, 'this order, with its steps'],
    [`curl -N ${url}/events`, 'what becomes of orders, live'],
  ]);
  const body = {
    name: 'ecommerce/order',
    context: { cart_id: 5, shop_port: shop.port },
    initiator: 'web_interface',
    reason: 'Process new order',
    source_system: 'ecommerce',
    tags: ['order_processing', 'api_integration'],
  };
  screen.print('\n  a further order (the same once more within a minute is a duplicate):\n');
  screen.print(`  curl -X POST ${url}/tasks \\`);
  screen.print('    -H "Content-Type: application/json" \\');
  screen.print(`    -d '${JSON.stringify(body)}'\n`);
  showRows(screen, [
    [`${url}/openapi.json`, 'OpenAPI: everything that can be asked'],
    [`${url}/graphql`, 'GraphQL'],
  ]);
  showCommands(stage, taskId);
}

function showRows(screen, rows) {
  for (const [command, what] of rows) screen.print(`  ${command.padEnd(52)}${what}`);
}
