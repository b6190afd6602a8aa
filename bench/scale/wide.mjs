/** What a step costs in a task of 1,000 or 2,000 steps side by side, against a step of the order. */
import { inTurn } from '../rounds.mjs';
import { fan } from './shapes.mjs';
import { costOf, orders, tasksOf, throughput, timesAsMuch } from './throughput.mjs';

const MUST = { most: 1.3 };

export const wide = {
  title: 'wide tasks',
  rounds: 3,
  rows: [
    { key: 'orderCpu', title: 'order of 5 steps: CPU per step, µs', digits: 1 },
    { key: 'orderTime', title: 'order of 5 steps: time per step, µs', digits: 1 },
    { key: 'cpu1000', title: '1 to 1,000 to 1: CPU per step ÷ order', digits: 2, must: MUST },
    { key: 'time1000', title: '1 to 1,000 to 1: time per step ÷ order', digits: 2, must: MUST },
    { key: 'cpu2000', title: '1 to 2,000 to 1: CPU per step ÷ order', digits: 2, must: MUST },
    { key: 'time2000', title: '1 to 2,000 to 1: time per step ÷ order', digits: 2, must: MUST },
  ],
  async measure(server, { round, quick }) {
    const jobs = {
      order: orders(quick ? 200 : 20_000),
      1000: tasksOf(fan(1_000), { tasks: quick ? 2 : 100, batch: 20 }),
      2000: tasksOf(fan(2_000), { tasks: quick ? 1 : 50, batch: 10 }),
    };
    const costs = {};
    for (const name of inTurn(Object.keys(jobs), round))
      costs[name] = costOf(await throughput(server, jobs[name]));
    const [one, two] = [1000, 2000].map((name) => timesAsMuch(costs.order, costs[name]));
    return {
      orderCpu: costs.order.cpu,
      orderTime: costs.order.time,
      cpu1000: one.cpu,
      time1000: one.time,
      cpu2000: two.cpu,
      time2000: two.time,
    };
  },
};
