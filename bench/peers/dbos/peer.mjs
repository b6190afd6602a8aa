/**
 * DBOS Transact. With a queue, tasks are enqueued before the queue is registered, and drained from then on; directly, the process
 * that creates a workflow runs it, so the two overlap. Polls every 10 ms, where its defaults are one second.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { contextOf } from '../../workloads.mjs';
import { createEach, runAsCode, untilCounted } from '../creating.mjs';

const VERSION = 'v1';
const QUEUE = 'bench';
const CONNECTIONS = 20;
const SENDERS = 40;
const POLL_MS = 10;
const COMPLETE = `select count(*) from dbos.workflow_status where status = 'SUCCESS'`;

/** @param {import('../runner.mjs').PeerJob} job @returns {Promise<import('../runner.mjs').Peer>} */
export async function openPeer({ url, levels, concurrency, variant, run }) {
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: url,
    systemDatabasePoolSize: CONNECTIONS,
    logLevel: 'error',
    applicationVersion: VERSION,
  });
  const workflow = DBOS.registerWorkflow(
    ({ cart_id: number }) =>
      runAsCode(levels, (name, parents) =>
        DBOS.runStep(() => run(name, number, parents), { name }),
      ),
    { name: 'bench' },
  );
  await DBOS.launch();
  const enqueue = (number) =>
    DBOS.enqueueWorkflowWithOptions(
      { queueName: QUEUE, workflowName: 'bench', appVersion: VERSION },
      contextOf(number),
    );
  const start = (number) => DBOS.startWorkflow(workflow)(contextOf(number));
  const shared = { serverPid: null, ...ending(url) };
  if (variant === 'direct')
    return {
      ...shared,
      overlaps: true,
      create: (count) =>
        createEach(count, concurrency, async (number) => (await start(number)).getResult()),
      work: async () => {},
      submit: async (number) => {
        await (await start(number)).getResult();
        return true;
      },
    };
  return {
    ...shared,
    create: (count) => createEach(count, SENDERS, enqueue),
    work: async () => {
      await DBOS.registerQueue(QUEUE, {
        workerConcurrency: concurrency,
        minPollingIntervalMs: POLL_MS,
      });
    },
    submit: async (number) => {
      const handle = await enqueue(number);
      await handle.getResult({ pollingIntervalMs: POLL_MS });
      return true;
    },
  };
}

function ending(url) {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  return {
    settled: (count) => untilCounted(pool, COMPLETE, count),
    close: async () => {
      await DBOS.shutdown();
      await pool.end();
    },
  };
}
