/** OpenWorkflow on its PostgreSQL backend, whose pool of 10 connections cannot be set. */
import { OpenWorkflow } from 'openworkflow';
import { BackendPostgres } from 'openworkflow/postgres';
import pg from 'pg';
import { contextOf } from '../../workloads.mjs';
import { createEach, runAsCode, untilCounted } from '../creating.mjs';

const SENDERS = 50;
const COMPLETE = `select count(*) from openworkflow.workflow_runs where status = 'completed'`;

/** @param {import('../runner.mjs').PeerJob} job @returns {Promise<import('../runner.mjs').Peer>} */
export async function openPeer({ url, levels, concurrency, run }) {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const backend = await BackendPostgres.connect(url);
  const client = new OpenWorkflow({ backend });
  const workflow = client.defineWorkflow({ name: 'bench' }, ({ input, step }) =>
    runAsCode(levels, (name, parents) =>
      step.run({ name }, () => run(name, input.cart_id, parents)),
    ),
  );
  const worker = client.newWorker({ concurrency });
  return {
    serverPid: null,
    create: (count) => createEach(count, SENDERS, (number) => workflow.run(contextOf(number))),
    work: () => worker.start(),
    settled: (count) => untilCounted(pool, COMPLETE, count),
    submit: async (number) => {
      await (await workflow.run(contextOf(number))).result();
      return true;
    },
    close: async () => {
      await worker.stop();
      await backend.stop();
      await pool.end();
    },
  };
}
