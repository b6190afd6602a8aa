/** One run of one contender, in a process of its own: the command sends the job, and gets the measures or an error back. */
import { once } from 'node:events';
import { Meter } from '../measure.mjs';
import { WARM_UP_RUNS } from '../pace.mjs';
import { SHAPES, WORKLOADS } from '../workloads.mjs';
import { CONTENDERS } from './contenders.mjs';
import { latencyMeasures, throughputMeasures } from './measures.mjs';
import { runPeerLatency, runPeerThroughput } from './runner.mjs';
import { Tally } from './tally.mjs';

if (process.send === undefined) throw new Error('bench/peers.mjs starts this file; run that');
process.once('disconnect', () => process.exit(1)); // the parent is gone: nobody wants the answer

const [job] = await once(process, 'message');
const answer = await run(job).catch((error) => {
  console.error(error);
  return { measures: {}, problem: error.message };
});
process.send(answer, () => process.exit(0));

async function run(given) {
  const { kind, steps } = { ...WORKLOADS, ...SHAPES }[given.workload];
  const { store, peer } = CONTENDERS[given.contender];
  const tally = new Tally(steps);
  const meter = await Meter.open(given);
  try {
    const jobOfRun = { ...given, steps, kind, tally };
    const measured = await (peer === null ? runOwn : runPeer)(jobOfRun, meter);
    const warmUps = measured.warmUps ?? (kind === 'latency' ? WARM_UP_RUNS : 0);
    const size = { tasks: given.tasks, stepsPerTask: steps.length, warmUps, store };
    return {
      measures: (kind === 'latency' ? latencyMeasures : throughputMeasures)(measured, size),
      problem: measured.problem ?? tally.problem(given.tasks + warmUps),
    };
  } finally {
    await meter.close();
  }
}

function runPeer(given, meter) {
  return (given.kind === 'latency' ? runPeerLatency : runPeerThroughput)(given, meter);
}

/** This engine and the floors run as in `npm run bench`, but their handlers are tallied. Ours reads what the peers' handlers get. */
async function runOwn({ kind, tally, ...given }, meter) {
  if (given.contender !== 'ours') {
    const floor = await import('../floor/runner.mjs');
    const run = (name, taskId) => tally.run(name, taskId);
    return floor[kind === 'latency' ? 'runFloorLatency' : 'runFloorThroughput'](
      { ...given, run },
      meter,
    );
  }
  const ours = await import('../ours.mjs');
  const run = (name, { context, deps }) => tally.run(name, context.cart_id, Object.values(deps));
  return ours[kind === 'latency' ? 'runOurLatency' : 'runOurThroughput']({ ...given, run }, meter);
}
