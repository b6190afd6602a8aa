/**
 * What a run of a profile contains. `faults` are so many in `minutes`; a run of another length has more or fewer in proportion. `bounds`
 * are what must be true at the end besides the promises themselves; those on counts make sure that the attack happened, and grow with the
 * length of the run.
 */

/** Faults that leave the database alone. */
const PROCESSES = {
  'worker-kill': 112,
  'worker-stop': 8,
  'worker-pause': 22,
  'server-kill': 8,
  'server-stop': 4,
  block: 8,
  poison: 4,
  memory: 2,
};

const DATABASE = { 'postgres-kill': 5, 'postgres-restart': 2, failover: 3 };

const NETWORK = {
  'cut-before': 130,
  'cut-after': 130,
  'cut-all': 6,
  blackhole: 3,
  slow: 3,
  'disk-full': 16,
  'long-transaction': 2,
};

export const PROFILES = {
  /** Everything, in a few minutes on two cores. */
  ci: {
    minutes: 2.5,
    lease: '3s',
    faults: { ...PROCESSES, ...DATABASE, ...NETWORK },
    asyncFailovers: 1,
    embeddedKills: 30,
    openTasks: 100,
    bounds: { workerKills: 100, postgresKills: 4, failovers: 3, cuts: 200, late: 1, fenced: 1 },
  },
  /** Everything, for hours. */
  long: {
    minutes: 60,
    lease: '3s',
    faults: {
      'worker-kill': 1_700,
      'worker-stop': 120,
      'worker-pause': 700,
      'server-kill': 150,
      'server-stop': 60,
      block: 150,
      poison: 80,
      memory: 30,
      'postgres-kill': 210,
      'postgres-restart': 40,
      failover: 32,
      'cut-before': 2_500,
      'cut-after': 2_500,
      'cut-all': 100,
      blackhole: 40,
      slow: 40,
      'disk-full': 300,
      'long-transaction': 2,
    },
    asyncFailovers: 3,
    embeddedKills: 500,
    openTasks: 200,
    bounds: { workerKills: 1_500, postgresKills: 200, failovers: 30, cuts: 4_000, late: 500 },
  },
  /** Kills of workers alone, with a short lease: how soon the work goes on elsewhere. */
  fast: {
    minutes: 1.5,
    lease: '1500ms',
    faults: { 'worker-kill': 50, 'worker-pause': 6 },
    asyncFailovers: 0,
    embeddedKills: 0,
    openTasks: 40,
    bounds: { workerKills: 45, late: 1, recoveryP99Ms: 2_000 },
  },
  /** Kills of workers alone, with the lease that everybody has who sets none. */
  defaults: {
    minutes: 3,
    lease: '15s',
    faults: { 'worker-kill': 60, 'worker-pause': 3 },
    asyncFailovers: 0,
    embeddedKills: 0,
    openTasks: 40,
    bounds: { workerKills: 55, late: 1, recoveryP99Ms: 18_000 },
  },
};

/** Every kind of fault of a schedule. */
export const KINDS = Object.keys(PROFILES.long.faults);

/** What can be asked for with `--only` besides those. */
export const PARTS = ['async-failover', 'embedded'];
