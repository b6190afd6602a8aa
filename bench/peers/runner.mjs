/** Runs a peer through its adapter, in the same phases as this engine. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { familyCpuUs } from '../measure.mjs';
import { analyze, latencies, pauseBefore, WARM_UP_RUNS } from '../pace.mjs';
import { levelsOf } from '../workloads.mjs';
import { CONTENDERS } from './contenders.mjs';

/**
 * What an adapter gets.
 *
 * @typedef {object} PeerJob
 * @property {string} url of a fresh database
 * @property {readonly { name: string, parents: readonly string[] }[]} steps
 * @property {ReturnType<typeof levelsOf>} levels
 * @property {'throughput' | 'latency'} kind
 * @property {number} concurrency
 * @property {string} [variant]
 * @property {'everysec' | 'always'} [fsync]
 * @property {(name: string, number: number, parents?: readonly unknown[]) => Promise<object>} run what each step does
 *
 * What an adapter answers; every task has a number from 1 and the context `contextOf(number)`.
 *
 * @typedef {object} Peer
 * @property {number | null} serverPid of a server beside PostgreSQL
 * @property {boolean} [overlaps] when tasks run as soon as they are created, so that nothing can be drained
 * @property {(count: number) => Promise<void>} create stores the tasks 1 to `count`
 * @property {() => Promise<void>} work starts to run them
 * @property {(count: number) => Promise<void>} settled waits until so many tasks are stored as complete
 * @property {(number: number) => Promise<boolean>} [submit] creates one task and waits for its end; false when it cannot wait;
 *   absent when it is not compared on W5
 * @property {() => Promise<void>} close
 */

export async function runPeerThroughput(job, meter) {
  const peer = await openPeer(job);
  const commitsBefore = await commitsOfOpening(meter, job);
  const { tasks, tally } = job;
  const measure = (work) => measureAll(meter, peer.serverPid, work);
  const finish = async () => {
    await tally.allOf(tasks);
    await peer.settled(tasks);
  };
  let enqueue;
  let drain = null;
  if (peer.overlaps) {
    enqueue = await measure(async () => {
      await peer.create(tasks);
      await finish();
    });
  } else {
    enqueue = await measure(() => peer.create(tasks));
    await analyze(job.url);
    drain = await measure(async () => {
      await peer.work();
      await finish();
    });
  }
  await peer.close();
  const commits = (await commitsAtEnd(meter, job)) - commitsBefore;
  return { enqueue, drain, commits, problem: null };
}

/** One task at a time on an idle system. */
export async function runPeerLatency(job, meter) {
  const peer = await openPeer(job);
  const warmUps = Math.min(WARM_UP_RUNS, Math.ceil(job.tasks / 3));
  const commitsBefore = await commitsOfOpening(meter, job);
  await peer.work();
  const handled = [];
  const awaited = [];
  const order = async (number) => {
    await pauseBefore(number);
    const end = job.tally.endOf(number);
    const sentAt = performance.now();
    const waited = await peer.submit(number);
    const knownAt = performance.now();
    return {
      handledMs: (await end) - sentAt,
      awaitedMs: waited ? knownAt - sentAt : null,
    };
  };
  for (let number = 1; number <= warmUps; number += 1) await order(number);
  const cost = await measureAll(meter, peer.serverPid, async () => {
    for (let number = 1; number <= job.tasks; number += 1) {
      const { handledMs, awaitedMs } = await order(warmUps + number);
      handled.push(handledMs);
      if (awaitedMs !== null) awaited.push(awaitedMs);
    }
  });
  await peer.settled(warmUps + job.tasks);
  await peer.close();
  const commits = (await commitsAtEnd(meter, job)) - commitsBefore;
  return { ...latencies(handled, awaited), cost, commits, warmUps, problem: null };
}

async function openPeer({ contender, url, steps, kind, concurrency, tally }) {
  const { peer, variant, fsync } = CONTENDERS[contender];
  const adapter = pathToFileURL(path.join(import.meta.dirname, peer, 'peer.mjs'));
  const { openPeer: open } = await import(adapter.href);
  const run = (name, number, parents) => tally.run(name, number, parents);
  return open({ url, steps, levels: levelsOf(steps), kind, concurrency, variant, fsync, run });
}

/** What opening the peer committed; its sessions are open, so the last few of its migrations may be missing. */
function commitsOfOpening(meter, { contender }) {
  return CONTENDERS[contender].store === 'postgres' ? meter.commitsReported() : 0;
}

async function commitsAtEnd(meter, { contender }) {
  return CONTENDERS[contender].store === 'postgres' ? meter.commits() : 0;
}

async function measureAll(meter, serverPid, work) {
  const before = serverPid === null ? null : familyCpuUs(serverPid);
  const cost = await meter.measure(work);
  const serverUs = before === null ? null : familyCpuUs(serverPid) - before;
  return { ...cost, serverUs };
}
