/** Graphile Worker: single jobs. It deletes a job when it is done and keeps no result, so it does less than a step here. */
import { Logger, makeWorkerUtils, run as startRunner } from 'graphile-worker';
import pg from 'pg';
import { contextOf } from '../../workloads.mjs';
import { createBatches, untilCounted } from '../creating.mjs';

const INSERT_BATCH = 1000;
const NONE_LEFT = 'select (count(*) = 0)::int as count from graphile_worker._private_jobs';
const LOCAL_QUEUE = {
  localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

/** @param {import('../runner.mjs').PeerJob} job @returns {Promise<import('../runner.mjs').Peer>} */
export async function openPeer({ url, steps, concurrency, variant, run }) {
  const [{ name }] = steps;
  const logger = new Logger(() => () => {});
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const utilities = await makeWorkerUtils({ connectionString: url, logger });
  await utilities.migrate();
  let runner = null;
  const worker = {
    connectionString: url,
    concurrentJobs: concurrency,
    maxPoolSize: concurrency + 1,
    logger,
    ...(variant === 'batch' ? LOCAL_QUEUE : {}),
  };
  const jobOf = (number) => ({ identifier: name, payload: contextOf(number) });
  return {
    serverPid: null,
    create: (count) =>
      createBatches(count, INSERT_BATCH, (numbers) => utilities.addJobs(numbers.map(jobOf))),
    work: async () => {
      runner = await startRunner({
        preset: { worker },
        noHandleSignals: true,
        taskList: { [name]: ({ cart_id: number }) => run(name, number) },
      });
    },
    settled: () => untilCounted(pool, NONE_LEFT, 1),
    close: async () => {
      await runner?.stop();
      await utilities.release();
      await pool.end();
    },
  };
}
