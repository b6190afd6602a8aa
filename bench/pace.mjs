/** What all contenders do alike. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Tasks per enqueuing statement. */
export const ENQUEUE_BATCH = 500;

/** Orders of a latency run that are sent first and not counted: connections and compiled code are as on a running system. */
export const WARM_UP_RUNS = 20;

/** Rests 20 to 80 ms, not in step with any timer, so that the system is idle when the next order comes. */
export function pauseBefore(run) {
  return delay(20 + ((run * 37) % 61));
}

/** Gives the planner its statistics between enqueuing and draining, instead of leaving it to autovacuum's timing. */
export async function analyze(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('analyze');
  await client.end();
}

/** @param {readonly number[]} handled milliseconds until the last handler returned @param {readonly number[]} awaited until the end was known */
export function latencies(handled, awaited) {
  return { handled: percentiles(handled), awaited: percentiles(awaited) };
}

function percentiles(values) {
  const sorted = values.toSorted((one, two) => one - two);
  const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
