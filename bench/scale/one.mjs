/** One run, in a process of its own: fresh.mjs sends the job, and gets the measures or an error back. */
import { once } from 'node:events';
import { Meter } from '../measure.mjs';

const FILES = {
  backlog: () => import('./backlog.mjs'),
  embedded: () => import('./embedded.mjs'),
  idle: () => import('./idle.mjs'),
  long: () => import('./long.mjs'),
  slots: () => import('./slots.mjs'),
  throughput: () => import('./throughput.mjs'),
  workers: () => import('./workers.mjs'),
};

if (process.send === undefined) throw new Error('bench/scale.mjs starts this file; run that');
process.once('disconnect', () => process.exit(1)); // the parent is gone: nobody wants the answer

const [job] = await once(process, 'message');
const answer = await run(job).catch((error) => {
  console.error(error);
  return { measures: {}, problem: error.message };
});
process.send(answer, () => process.exit(0));

async function run(given) {
  const { work } = await FILES[given.file]();
  const meter = await Meter.open(given);
  try {
    return { measures: await work(given, meter), problem: null };
  } finally {
    await meter.close();
  }
}
