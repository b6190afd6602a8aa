/** What a worker costs that has nothing to do, and what the server does for it. */
import { setTimeout as delay } from 'node:timers/promises';
import { define, migrate, startTasker } from '../ours.mjs';
import { WORKLOADS } from '../workloads.mjs';
import { askFresh } from './fresh.mjs';

const SETTLE_MS = 5_000;
const WATCHED_MS = 30_000;
const PERIOD_MS = 5_000;

export const idle = {
  title: 'an idle worker, over 30 s',
  rounds: 1,
  rows: [
    { key: 'statements', title: 'statements in 5 s', digits: 2, must: { most: 1 } },
    { key: 'commits', title: 'commits in 5 s', digits: 2 },
    { key: 'cpuShare', title: 'CPU of node, % of a core', digits: 2, must: { most: 0.2 } },
    { key: 'postgresShare', title: 'CPU of PostgreSQL, % of a core', digits: 2 },
    { key: 'rss', title: 'memory of the process (RSS), MB', digits: 0, must: { most: 120 } },
    { key: 'walBytes', title: 'write-ahead log of the server, bytes in 5 s', digits: 0 },
  ],
  measure(server, { quick }) {
    return askFresh(server, { file: 'idle', watchedMs: quick ? 1_000 : WATCHED_MS });
  },
};

/** In the child. */
export async function work({ url, watchedMs }, meter) {
  await migrate(url);
  const definition = define(WORKLOADS.W1, { identity: 'none' });
  const worker = await startTasker({ database: url, worker: {} }, definition);
  await delay(SETTLE_MS);
  const commitsBefore = await meter.commitsReported();
  const cost = await meter.measure(() => delay(watchedMs));
  const commits = (await meter.commitsReported()) - commitsBefore;
  const rss = process.memoryUsage.rss() / 1024 ** 2;
  await worker.stop();
  const perPeriod = (count) => (count / cost.ms) * PERIOD_MS;
  const share = (us) => (us === null ? null : us / 10 / cost.ms);
  return {
    statements: perPeriod(cost.statements),
    commits: perPeriod(commits),
    cpuShare: share(cost.nodeUs),
    postgresShare: share(cost.postgresUs),
    rss,
    walBytes: perPeriod(cost.walBytes),
  };
}
