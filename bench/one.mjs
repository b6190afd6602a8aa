/** One run of one contender, in a process of its own: run.mjs sends the job, and gets the measures or an error back. */
import { once } from 'node:events';
import { runFloorLatency, runFloorThroughput } from './floor/runner.mjs';
import { Meter } from './measure.mjs';
import { runOurLatency, runOurThroughput } from './ours.mjs';
import { latencyMeasures, throughputMeasures } from './results.mjs';
import { WORKLOADS } from './workloads.mjs';

if (process.send === undefined) throw new Error('bench/run.mjs starts this file; run that');
process.once('disconnect', () => process.exit(1)); // the parent is gone: nobody wants the answer

const [job] = await once(process, 'message');
const answer = await run(job).catch((error) => {
  console.error(error);
  return { measures: {}, problem: error.message };
});
process.send(answer, () => process.exit(0));

async function run({ workload, ...rest }) {
  const { kind, steps } = WORKLOADS[workload];
  const ours = rest.contender.startsWith('ours');
  const meter = await Meter.open(rest);
  try {
    const size = { tasks: rest.tasks, steps: rest.tasks * steps.length };
    if (kind === 'latency') {
      const measured = await (ours ? runOurLatency : runFloorLatency)({ ...rest, steps }, meter);
      return { measures: latencyMeasures(measured, size), problem: measured.problem };
    }
    const measured = await (ours ? runOurThroughput : runFloorThroughput)(
      { ...rest, steps },
      meter,
    );
    return { measures: throughputMeasures(measured, size), problem: measured.problem };
  } finally {
    await meter.close();
  }
}
