/** How many of 1,000 slots are busy when handlers wait 50 ms for something else, in one process. */
import { setTimeout as delay } from 'node:timers/promises';
import { runOurThroughput } from '../ours.mjs';
import { WORKLOADS, handle } from '../workloads.mjs';
import { askFresh } from './fresh.mjs';

const SLOTS = 1_000;
const WAIT_MS = 50;

/** Of the time from the first handler to the last: at the ends the slots fill and run out of work. */
const STEADY = { from: 0.2, to: 0.8 };

export const slots = {
  title: '1,000 slots, handlers of 50 ms',
  rounds: 3,
  rows: [
    { key: 'busy', title: 'slots whose handler runs, %', digits: 1, must: { least: 95 } },
    { key: 'rate', title: 'steps/s (20,000 is all that 1,000 slots can do)', digits: 0 },
    { key: 'nodeShare', title: 'CPU of node, % of a core', digits: 0 },
  ],
  measure(server, { quick }) {
    const [concurrency, tasks] = quick ? [50, 100] : [SLOTS, 40_000];
    const { steps } = WORKLOADS.W1;
    return askFresh(server, { file: 'slots', steps, tasks, concurrency, connections: 2 });
  },
};

/** In the child. */
export async function work(job, meter) {
  const gauge = new Gauge();
  const run = async (name) => {
    gauge.move(1);
    await delay(WAIT_MS);
    gauge.move(-1);
    return handle(name);
  };
  const { drain, problem } = await runOurThroughput({ contender: 'ours', ...job, run }, meter);
  if (problem !== null) throw new Error(problem);
  const mean = gauge.mean(STEADY);
  return {
    busy: (mean / job.concurrency) * 100,
    rate: (mean / WAIT_MS) * 1_000,
    nodeShare: drain.nodeUs / 10 / drain.ms,
  };
}

/** Adds up how many handlers run, over time. */
class Gauge {
  #running = 0;
  #area = 0;
  #at = performance.now();
  #points = [];

  move(by) {
    const now = performance.now();
    this.#area += this.#running * (now - this.#at);
    this.#at = now;
    this.#running += by;
    this.#points.push({ at: now, area: this.#area });
  }

  /** How many ran, on average between two shares of the whole time. */
  mean({ from, to }) {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    const pointAt = (share) =>
      this.#points.find(({ at }) => at >= first.at + share * (last.at - first.at));
    const [begin, end] = [pointAt(from), pointAt(to)];
    return (end.area - begin.area) / (end.at - begin.at);
  }
}
