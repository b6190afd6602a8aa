/**
 * The attack on a PostgreSQL cluster: load, faults by schedule, quiet, judgement; then failovers that lose what they may lose, and
 * judgement again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { audit, firstStoredAfter } from './audit.mjs';
import { startClients } from './clients.mjs';
import { openCluster } from './cluster.mjs';
import { FAULTS } from './faults.mjs';
import { openFleet } from './fleet.mjs';
import { OpenTasks, brokenLaws, describeOpen } from './load.mjs';
import { seededRandom } from './random.mjs';
import { percentile, recoveryTimes } from './recovery.mjs';
import { chosen, makeSchedule } from './schedule.mjs';

const SCHEMA = 'chaos';
const WORKERS = 4;
const SERVERS = 2;
const CALLERS = 8;
const REPORT_MS = 10_000;
/** Around a failover to a standby that is behind. */
const ASYNC = { beforeMs: 4_000, frozenMs: 1_500, afterMs: 4_000, strayMs: 10_000 };

/** @returns {Promise<{ figures: object, problems: readonly string[] }>} */
export async function attack(options, { scratch, say }) {
  const cluster = await openCluster();
  if (cluster === null) throw new Error('no PostgreSQL programs found: install PostgreSQL');
  const rig = new Rig(options, { scratch, say, cluster });
  try {
    return await rig.run();
  } finally {
    await rig.close();
  }
}

class Rig {
  #options;
  #scratch;
  #say;
  #cluster;
  #fleet = null;
  #clients = null;
  #open = null;
  #counts = {};
  #problems = [];
  #resumes = [];
  #gaps = [];
  #disturbances = [];
  /** Milliseconds of claims while somebody else's transaction was open. */
  #claims = [];

  constructor(options, { scratch, say, cluster }) {
    this.#options = options;
    this.#scratch = scratch;
    this.#say = say;
    this.#cluster = cluster;
  }

  async run() {
    const { seed, only, profile, leaseMs } = this.#options;
    const isChosen = chosen(only);
    const { createTasker } = await import(this.#scratch.package);
    await this.#migrate(createTasker);
    if (isChosen('failover') && profile.faults.failover > 0) await this.#cluster.withStandby(true);
    this.#fleet = await openFleet({
      scratch: this.#scratch,
      cluster: this.#cluster,
      schema: SCHEMA,
      random: seededRandom(`${seed} fleet`),
      leaseMs,
      workers: WORKERS,
      servers: SERVERS,
    });
    await this.#fleet.allReady();
    const figures = await this.#underSchedule(isChosen);
    if (isChosen('async-failover'))
      for (let round = 1; round <= profile.asyncFailovers; round += 1)
        Object.assign(figures, await this.#asyncFailover(round, figures));
    this.#problems.push(...(await this.#fleet.close()));
    this.#fleet = null;
    return { figures, problems: this.#problems };
  }

  async close() {
    await this.#open?.stop();
    await this.#fleet?.close();
    await this.#cluster.close();
  }

  async #migrate(createTasker) {
    const tasker = createTasker({ database: this.#cluster.url, schema: SCHEMA, worker: false });
    await tasker.migrate();
    await tasker.stop();
  }

  async #underSchedule(isChosen) {
    const { seed, minutes, profile, leaseMs } = this.#options;
    const durationMs = minutes * 60_000;
    const faults = Object.fromEntries(
      Object.entries(profile.faults).filter(([kind]) => isChosen(kind)),
    );
    const schedule = makeSchedule({ seed, durationMs, fullMs: profile.minutes * 60_000, faults });
    await this.#startLoad('main');
    await this.#perform(schedule, durationMs);
    const figures = await this.#judge('main');
    const recovery = await recoveryTimes({
      cluster: this.#cluster,
      schema: SCHEMA,
      leaseMs,
      kills: this.#fleet.kills,
      disturbances: [...this.#cluster.outages, ...this.#disturbances],
    });
    const stored = await firstStoredAfter(
      this.#cluster,
      this.#resumes.map(({ at }) => at),
    );
    const resumedIn = this.#resumes.map(({ kind, at }, index) => ({
      kind,
      ms: stored[index] - at,
    }));
    const longest = (wanted) =>
      maxOf(resumedIn.filter(({ kind }) => kind === wanted).map(({ ms }) => ms));
    return {
      ...figures,
      recoverySamples: recovery.undisturbed.length,
      recoveryP50Ms: percentile(recovery.undisturbed, 0.5),
      recoveryP99Ms: percentile(recovery.undisturbed, 0.99),
      recoveryMaxMs: percentile(recovery.undisturbed, 1),
      recoveryDisturbedMaxMs: percentile(recovery.all, 1),
      claimP99HeldMs: percentile(
        this.#claims.sort((one, other) => one - other),
        0.99,
      ),
      resumeAfterPromoteMs: longest('promote'),
      resumeAfterRestartMs: longest('restart'),
    };
  }

  async #startLoad(name) {
    const { profile, seed } = this.#options;
    this.#open = new OpenTasks({
      cluster: this.#cluster,
      schema: SCHEMA,
      limit: profile.openTasks,
    });
    this.#clients = await startClients({
      client: this.#scratch.client,
      acknowledged: this.#scratch.file(`acknowledged-${name}`),
      servers: () => this.#fleet.servers(),
      hasRoom: this.#open.hasRoom,
      seed: `${seed}-${name}`,
      callers: CALLERS,
      repeats: name === 'main', // after a failover that lost a task, its key makes another
    });
  }

  /** Does what the schedule says when it says so; resolves when the time is over and every fault is undone. */
  async #perform(schedule, durationMs) {
    const began = Date.now();
    const hands = {
      fleet: this.#fleet,
      cluster: this.#cluster,
      clients: this.#clients,
      leaseMs: this.#options.leaseMs,
      durationMs,
      count: (name) => (this.#counts[name] = (this.#counts[name] ?? 0) + 1),
      note: (problem) => this.#problems.push(problem),
      disturbing: (kind, work) => this.#disturbing(kind, work),
      claimed: (ms) => this.#claims.push(ms),
      resumed: (at, kind = 'restart') => this.#resumes.push({ kind, at }),
    };
    const underWay = [];
    const reporter = setInterval(() => this.#report(Date.now() - began), REPORT_MS);
    for (const { atMs, kind, seed } of schedule) {
      await delay(Math.max(0, began + atMs - Date.now()));
      underWay.push(
        FAULTS[kind](hands, seededRandom(seed)).then(
          () => hands.count(kind),
          (error) => this.#problems.push(`the fault ${kind} itself failed: ${error.message}`),
        ),
      );
    }
    await delay(Math.max(0, began + durationMs - Date.now()));
    await Promise.all(underWay);
    clearInterval(reporter);
  }

  /** Notes when this happens: whoever may have been about to take over was paused, blind or slow. */
  async #disturbing(kind, work) {
    const disturbance = { kind, fromMs: Date.now(), toMs: null };
    this.#disturbances.push(disturbance);
    await work();
    disturbance.toMs = Date.now();
  }

  #report(passedMs) {
    const { 'worker-kill': kills = 0, 'postgres-kill': databases = 0, failover = 0 } = this.#counts;
    const { acknowledged, repeated } = this.#clients;
    this.#say(
      `${Math.round(passedMs / 1_000)} s: ${acknowledged} tasks acknowledged, ${this.#open.count} open, ${repeated} requests repeated, ` +
        `${kills} workers and ${databases} servers of the database killed, ${failover} failovers, ${this.#counts.cuts ?? 0} cuts, ` +
        `${this.#fleet.refused} late results refused`,
    );
  }

  /** All faults are off: waits until nothing is open, then compares. */
  async #judge(name) {
    const began = Date.now();
    await this.#clients.stop();
    await this.#open.stop();
    if (!(await this.#open.areGone())) await this.#reportStranded();
    const drainMs = Date.now() - began;
    await this.#fleet.allReady();
    await delay(this.#options.leaseMs / 2); // what is told about the last results
    this.#say(`quiet after ${(drainMs / 1_000).toFixed(1)} s; comparing with the witness`);
    const broken = await brokenLaws({
      scratch: this.#scratch,
      cluster: this.#cluster,
      schema: SCHEMA,
    });
    const { problems, figures } = await audit({
      cluster: this.#cluster,
      schema: SCHEMA,
      witness: this.#scratch.file('witness'),
      acknowledged: this.#scratch.file(`acknowledged-${name}`),
      gaps: this.#gaps,
    });
    this.#problems.push(...broken, ...problems, ...this.#clients.wrongs.slice(0, 10));
    return {
      ...figures,
      violations: broken.length,
      wrongAnswers: this.#clients.wrongs.length,
      repeated: this.#clients.repeated,
      fenced: this.#fleet.refused,
      crashes: this.#fleet.crashes,
      workerKills: this.#counts['worker-kill'] ?? 0,
      serverKills: this.#counts['server-kill'] ?? 0,
      pauses: this.#counts['worker-pause'] ?? 0,
      postgresKills: this.#counts['postgres-kill'] ?? 0,
      failovers: this.#counts.failover ?? 0,
      cuts: this.#counts.cuts ?? 0,
      diskFull: this.#counts.diskFull ?? 0,
      faults: this.#counts,
      drainMs,
    };
  }

  /** At once and in full: it is what the rig is for. */
  async #reportStranded() {
    const told = JSON.stringify(this.#fleet.told(), null, 1);
    this.#say(`STRANDED\n${await describeOpen(this.#cluster, SCHEMA)}\n${told}`);
    this.#problems.push('work is stranded: see above');
  }

  /** What is committed while the standby is frozen may be lost; everything else may not, and nothing may get stuck. */
  async #asyncFailover(round, before) {
    this.#say(`failover to a standby that is ${ASYNC.frozenMs} ms behind`);
    const name = `async-${round}`;
    await this.#startLoad(name);
    await delay(ASYNC.beforeMs);
    const { frozenAt, takenOverAt } = await this.#cluster.asyncFailover(ASYNC.frozenMs);
    await delay(ASYNC.afterMs);
    this.#gaps.push({ fromMs: frozenAt - 50, toMs: takenOverAt + 50, strayMs: ASYNC.strayMs });
    const figures = await this.#judge(name);
    const [storedAt] = await firstStoredAfter(this.#cluster, [takenOverAt]);
    return {
      asyncFailovers: round,
      asyncAcknowledged: (before.asyncAcknowledged ?? 0) + figures.acknowledged,
      asyncLost: (before.asyncLost ?? 0) + (await this.#lostInWindow()),
      asyncResumeMs: Math.max(before.asyncResumeMs ?? 0, Math.round(storedAt - takenOverAt)),
    };
  }

  /** Acknowledged tasks that went with the old primary. */
  async #lostInWindow() {
    const [{ lost }] = await this.#cluster.ask(
      `select count(*)::int as lost from chaos_witness.acknowledged as a
        where not exists (select from ${SCHEMA}.tasks as t where t.task_id = a.task_id and t.idempotency_key = a.key)`,
    );
    return lost;
  }
}

function maxOf(values) {
  return values.length === 0 ? null : Math.round(Math.max(...values));
}
