// One schema in which one scenario is played: the Taskers that prepare it, the one that is watched, and the look at the end.
import { setTimeout as pause } from 'node:timers/promises';
import { assembleTasker } from '../../dist/tasker.js';
import { verify } from '../../dist/engine/verify.js';
import { createStore } from '../../dist/store/index.js';
import { isTaskerError } from '../../dist/kernel/errors.js';
import { definitions } from './work.mjs';
import { connectionLost, newTrial, watch } from './watch.mjs';

/** Missed soon after its death; looks often. */
const QUICK = {
  lease: '600ms',
  heartbeat: '100ms',
  pollInterval: '50ms',
  shutdownGrace: '10s',
  concurrency: 4,
};
/** A wait that takes longer than this is a task that is stranded. */
const PATIENCE_MS = 60_000;

/**
 * @param db the database, which stays open
 * @param schema the world's own
 * @param read names the awaits (watch.mjs)
 * @param witness the file that handlers write into
 */
export function createWorld({ db, schema, read, witness }) {
  let letGo = () => undefined;
  const released = new Promise((resolve) => {
    letGo = resolve;
  });
  const held = (signal) =>
    Promise.race([
      released,
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ]);
  const work = definitions({ witness, held })(schema);
  /** What prepares, watches and looks at the world. */
  const world = {
    db,
    schema,
    read,
    witness,
    store: createStore(schema),
    trial: null,
    release: letGo,
    retried,
    /** A Tasker without a worker, there from the beginning: on PGlite, whoever comes later takes those before for dead. */
    looking: null,
    async open() {
      world.looking = await world.tasker();
      await world.looking.start();
    },
    until,
    ended: (w, tasker, { t }) => tasker.waitFor(t, { timeout: '60s' }),
    passed: (point) => until(point, () => world.trial.trail.includes(point)),
    /** A Tasker of this schema. `on` is what stands between it and the database; `knows: false`: it has no definitions. */
    async tasker({ worker = false, on = db, knows = true } = {}) {
      const tasker = assembleTasker(
        {
          schema,
          migrate: true,
          notify: false,
          metrics: false,
          worker: worker && { ...QUICK, ...worker },
        },
        () => Promise.resolve({ db: unclosed(on), shown: 'the database of the crash points' }),
      );
      if (knows) for (const one of work) await tasker.register(one);
      return tasker;
    },
    create: async (name, plan) => ({
      t: (await world.looking.create(name, { context: { plan } })).taskId,
    }),
    /** Moves the clock of the schema; no claim may begin before and see what others made of it. */
    async passTime(interval) {
      const { clock, ready_steps: queue } = world.store.tables;
      await db.transaction(async (tx) => {
        await tx.query({ text: `lock table ${queue} in access exclusive mode` });
        await tx.query({
          text: `create or replace function ${clock} returns timestamptz language sql stable
                   as $$ select pg_catalog.statement_timestamp() + interval '${interval}' $$`,
        });
      });
    },
    async worker(options = {}) {
      const tasker = await world.tasker({ worker: options });
      await tasker.start();
      return { tasker, stop: () => tasker.stop() };
    },
    /** A task that a worker has run to its end. */
    async ran(name, plan, status) {
      const target = await world.create(name, plan);
      const { tasker, stop } = await world.worker();
      const { status: found } = await tasker.waitFor(target.t, { timeout: '60s' });
      if (found !== status) throw new Error(`${name} was to end ${status}, and is ${found}`);
      await stop();
      return target;
    },
    /** A worker that asks the database nothing any more from a point on, or from `die()` on, as if its process had died there. */
    async mortal(point, options = {}) {
      const trial = { ...newTrial(point), armed: true };
      const died = new Promise((resolve) => {
        trial.happens = () => {
          trial.dead = true;
          resolve();
          return new Promise(() => undefined);
        };
      });
      const tasker = await world.tasker({ worker: options, on: watch(db, trial, read) });
      await tasker.start();
      return {
        died,
        die() {
          trial.dead = true;
        },
      };
    },
    /**
     * The watched Tasker, with a worker. `loses`: the answer at this point is lost, once. `waits`: the answer at this point waits for
     * `goOn`, once. `knows: false`: it has no definitions.
     */
    async start({ knows = true, loses, waits, ...worker } = {}) {
      let goOn;
      world.trial.detours = new Map();
      if (loses) world.trial.detours.set(loses, () => Promise.reject(connectionLost()));
      if (waits)
        world.trial.detours.set(waits, () => new Promise((resolve) => void (goOn = resolve)));
      const tasker = await world.tasker({ worker, on: watch(db, world.trial, read), knows });
      await retried(() => tasker.start());
      return { tasker, stop: () => tasker.stop(), goOn: () => goOn?.() };
    },
  };
  return world;
}

/** What a caller does whose database was away: asks again. */
export async function retried(call) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === 5 || !isTaskerError(error) || error.code !== 'DATABASE_UNAVAILABLE')
        throw error;
    }
  }
}

/** Asks until it is so. */
async function until(what, isSo = what) {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${String(what)}`);
    await pause(10);
  }
}

/** Several Taskers share it. */
function unclosed(db) {
  return {
    kind: db.kind,
    threadConnection: null,
    durability: () => db.durability(),
    query: (statement) => db.query(statement),
    transaction: (work) => db.transaction(work),
    script: (text) => db.script(text),
    listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
    close: () => Promise.resolve(),
  };
}

/** The laws of the data that are broken, as text. */
export async function brokenLaws({ db, store }) {
  const violations = await verify(db, store.tables, { graceMs: 0 });
  return violations.map(
    ({ invariant, title, rows }) => `${invariant} ${title}: ${JSON.stringify(rows.slice(0, 2))}`,
  );
}
