/**
 * What can be done to the processes, the network and the database: one function per kind, in one table. Each gets the rig and numbers of
 * its own, does its worst, and resolves when it is over and undone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Statements that change something, by their names in the store; `commit` ends a transaction of several. */
const WRITES =
  /insert-tasks|advance-steps|fail-steps|return-steps|enqueue-steps|promote-due|mark-lost|renew-lease|settle|^commit|insert into|^\s*update/i;
const isWrite = (statement) => WRITES.test(statement);

/** How long a strike looks for a request that it can hit, and how long at one process. */
const STRIKE_MS = 20_000;
const ONE_STRIKE_MS = 500;

export const FAULTS = {
  'worker-kill': withWorker(async ({ fleet }, worker) => {
    await fleet.kill(worker);
  }),
  'worker-stop': withWorker(async ({ fleet, note }, worker) => {
    const { told } = worker.process;
    const { code, signal } = await fleet.stop(worker);
    const isFine = code === 0 || signal === 'SIGABRT'; // a step that kills its worker may be the last that it runs
    if (!isFine)
      note(
        `${worker.name} ended with ${code ?? signal} after SIGTERM: ${told.slice(-8).join(' | ')}`,
      );
  }),
  'worker-pause': withWorker(async ({ fleet, leaseMs, disturbing }, worker, random) => {
    await disturbing('pause', () => fleet.pause(worker, leaseMs * (0.5 + random.next() * 1.5)));
  }),
  'server-kill': withServer(async ({ fleet }, server) => {
    await fleet.kill(server);
  }),
  'server-stop': withServer(async ({ fleet }, server) => {
    await fleet.stop(server);
  }),
  /** The event loop of some worker stands still for longer than the lease. */
  block: async ({ clients, leaseMs }) => {
    clients.submit({ name: 'single', plan: { only: { busyMs: leaseMs * 1.5, times: 1 } } });
  },
  poison: async ({ clients }) => {
    clients.submit({ name: 'poison', plan: { only: { ms: 40, exit: 'abort' } }, expects: 'error' });
  },
  memory: async ({ clients }) => {
    clients.submit({ name: 'poison', plan: { only: { exit: 'memory' } }, expects: 'error' });
  },
  'postgres-kill': async ({ cluster, resumed }) => resumed(await cluster.kill()),
  'postgres-restart': async ({ cluster, resumed }) => resumed(await cluster.restart()),
  failover: async ({ cluster, resumed }) => resumed(await cluster.failover(), 'promote'),
  'cut-before': strike('before'),
  'cut-after': strike('after'),
  'disk-full': strike('full'),
  'cut-all': async ({ fleet, count }, random) => {
    random.pick(fleet.proxies).cutAll();
    count('cuts');
  },
  blackhole: ({ fleet, leaseMs, disturbing }, random) =>
    disturbing('blackhole', async () => {
      const proxy = random.pick(fleet.proxies);
      proxy.blackhole();
      await delay(leaseMs * (0.5 + random.next() * 2));
      proxy.heal();
    }),
  slow: ({ fleet, disturbing }, random) =>
    disturbing('slow', async () => {
      const proxy = random.pick(fleet.proxies);
      proxy.slow(random.pick([50, 100, 200]));
      await delay(4_000);
      proxy.slow(0);
    }),
  /** Somebody else's transaction: nothing that dies after its snapshot can be cleaned away. */
  'long-transaction': async ({ cluster, fleet, durationMs, claimed }) => {
    const client = new pg.Client({ connectionString: cluster.url });
    client.on('error', () => undefined); // the server was killed, and with it the transaction
    try {
      await client.connect();
      await client.query('begin isolation level repeatable read');
      await client.query('select count(*) from pg_class');
      for (const proxy of fleet.proxies)
        proxy.watch((statement, ms) => statement?.includes('advance-steps') && claimed(ms));
      await delay(Math.min(durationMs / 3, 600_000));
    } catch {
      // The server was killed before it began: a shorter transaction.
    }
    for (const proxy of fleet.proxies) proxy.watch(null);
    await client.end().catch(() => undefined);
  },
};

/** Hits the next write that goes through the proxy of some process at work. */
function strike(kind) {
  return async ({ fleet, count }, random) => {
    const until = Date.now() + STRIKE_MS;
    for (let wasHit = false; !wasHit && Date.now() < until;) {
      const armed = random.pick(fleet.proxiesAtWork()).strike(kind, isWrite);
      const timer = setTimeout(() => armed.cancel(), ONE_STRIKE_MS);
      wasHit = await armed.hit;
      clearTimeout(timer);
      if (wasHit) count(kind === 'full' ? 'diskFull' : 'cuts');
    }
  };
}

/** For a worker that is at work; never the last one that is. */
function withWorker(harm) {
  return async (rig, random) => {
    while (rig.fleet.workers().length < 2) await delay(20);
    await harm(rig, random.pick(rig.fleet.workers()), random);
  };
}

function withServer(harm) {
  return async (rig, random) => {
    while (rig.fleet.servers().length < 2) await delay(20);
    await harm(rig, random.pick(rig.fleet.servers()), random);
  };
}
