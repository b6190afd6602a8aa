/** One of several worker processes: workers.mjs says when to get ready, to go and to stop, and is told of completed tasks. */
import { createTasker } from 'tasker-engine';
import { define } from '../ours.mjs';
import { WORKLOADS } from '../workloads.mjs';

/** How often completed tasks are told, each time with when the last of them was complete. */
const TELL_EVERY_MS = 20;

if (process.send === undefined) throw new Error('bench/scale.mjs starts this file; run that');
process.once('disconnect', () => process.exit(1)); // the parent is gone: nobody wants the work

let worker = null;
let completed = 0;
let at = 0;
let cpuAtGo = process.cpuUsage();

const teller = setInterval(tell, TELL_EVERY_MS);
process.on('message', (message) => void obey(message));

async function obey(message) {
  if (message === 'go') await go();
  else if (message === 'stop') await stop();
  else await getReady(message);
}

async function getReady({ url, concurrency }) {
  worker = createTasker({ database: url, worker: { concurrency } });
  await worker.register(define(WORKLOADS.W1, { identity: 'none' }));
  worker.on('task.completed', () => {
    completed += 1;
    at = performance.timeOrigin + performance.now();
  });
  process.send({ kind: 'ready' });
}

async function go() {
  cpuAtGo = process.cpuUsage();
  await worker.start();
}

function tell() {
  if (completed === 0) return;
  process.send({ kind: 'completed', completed, at });
  completed = 0;
}

async function stop() {
  const { user, system } = process.cpuUsage(cpuAtGo);
  await worker.stop();
  clearInterval(teller);
  process.send({ kind: 'stopped', cpuUs: user + system }, () => process.exit(0));
}
