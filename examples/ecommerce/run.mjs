/**
 * `npm run order -- --cart N [--fault slow|429|503|404|wrong_json|reset] [--times N] [--on /products]`:
 * one order, with a fault of the shop if you like; where `npm start` runs, in its shop and by its worker. The exit code is 0 when the
 * order is complete, 1 when it failed.
 */
import { parseArgs } from 'node:util';
import { playBeside } from './beside.mjs';
import { describeOrder, requestOrder, switchFault, watchOrder } from './orders.mjs';
import { loadShop } from './shop/load.mjs';
import { onStage, playHere } from './stage.mjs';

const USAGE =
  'npm run order -- --cart N [--fault slow|429|503|404|wrong_json|reset] [--times N] [--on /products]';

const wanted = await readArguments();
if (typeof wanted === 'string') {
  process.stderr.write(`${wanted}\nusage: ${USAGE}\n`);
  process.exitCode = 2;
} else {
  const settings = { latencyMs: 50 };
  await onStage((stage) =>
    stage.running === null ? playHere(stage, settings, order) : playBeside(stage, settings, order),
  );
}

async function order(stage) {
  if (wanted.fault !== null) await switchFault(stage, wanted.fault);
  const taskId = await requestOrder(stage, { cart: wanted.cart, initiator: 'npm run order' });
  const end = await watchOrder(stage, taskId);
  if (stage.signal.aborted || end === null) return 1;
  stage.screen.print();
  await describeOrder(stage, taskId);
  stage.screen.print(`\nmore: npx tasker tasks show ${taskId}`);
  return end.task.status === 'complete' ? 0 : 1;
}

/** The arguments, or a sentence that says what is wrong with them. */
async function readArguments() {
  const text = { type: 'string' };
  const options = { cart: text, fault: text, times: text, on: text };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    return error.message;
  }
  const cart = Number(values.cart ?? NaN);
  if (!Number.isSafeInteger(cart) || cart < 1)
    return '--cart takes the number of a cart, such as 3';
  if (values.fault === undefined) return { cart, fault: null };
  const { parseFault } = await loadShop();
  const fault = parseFault({
    path: values.on ?? '/products',
    fault: values.fault,
    ...(values.times === undefined ? {} : { times: Number(values.times) }),
  });
  return typeof fault === 'string' ? fault : { cart, fault };
}
