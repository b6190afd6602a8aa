/**
 * Kills a process before and after every await of the database in every verb, on PostgreSQL and on PGlite, and looks whether anything is
 * lost, half done, stranded or miscounted afterwards. See docs of each part in its file: verbs, scan, watch, scenarios, play.
 *
 *   npm run crash-points                      every point on every database; exit 1 unless 100% are exercised and nothing is broken
 *   npm run crash-points -- --report          the same, with a line for each point
 *   npm run crash-points -- --database pglite only there
 *   npm run crash-points -- --share --seed 7  the share of `npm test`: some kills, chosen by the seed
 *   npm run crash-points -- --json FILE       the figures as JSON
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../../scripts/postgres/launcher.mjs';
import { runInChains, runOnce } from './processes.mjs';
import { groupsOnPglite, groupsOnPostgres, isOnPostgresOnly, merged, planTrials } from './plan.mjs';
import { report } from './report.mjs';
import { summarise } from './summary.mjs';
import { compiledFiles, scan } from './scan.mjs';
import { SCENARIOS } from './scenarios.mjs';

const { values: options } = parseArgs({
  options: {
    report: { type: 'boolean', default: false },
    share: { type: 'boolean', default: false },
    database: { type: 'string', default: 'both' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    json: { type: 'string' },
  },
});

const own = `tasker_crash_points_${process.pid}`;
const directory = mkdtempSync(join(tmpdir(), 'tasker-crash-points-'));
let server = null;
let administered = null;
try {
  process.exitCode = await main();
} finally {
  if (administered) await administer(`drop database if exists ${own} with (force)`);
  await server?.dispose();
  rmSync(directory, { recursive: true, force: true });
}

async function main() {
  const map = scan();
  const common = { directory, map: join(directory, 'map.json') };
  writeFileSync(common.map, JSON.stringify({ ...map, lines: linesOf(compiledFiles()) }));
  const databases = await openDatabases();
  const results = [];
  let recorded = null;
  for (const database of databases) {
    const began = performance.now();
    const place = { ...common, witness: join(directory, `witness-${database.kind}`) };
    writeFileSync(place.witness, '');
    recorded ??= await record(database, place);
    const trials = chosen(planTrials(recorded), database);
    const play = (how) => (list) => how(database, list, place);
    const plan = { trials, recorded: database.kind === 'pglite' ? recorded : [] };
    const killed = await playMerged(plan, play(kill));
    const failed = options.share ? new Map() : await playMerged(plan, play(fault));
    results.push({ database, trials, killed, failed, ms: performance.now() - began });
  }
  const outcome = summarise({
    map,
    recorded,
    results,
    isShare: options.share,
    isOnPostgres: databases.some(({ kind }) => kind === 'postgres'),
  });
  report(outcome, { isLong: options.report, databases });
  if (options.json) writeFileSync(options.json, `${JSON.stringify(outcome.figures, null, 2)}\n`);
  return outcome.isGood ? 0 : 1;
}

/** Where to run: a server that is given or started here, and folders for PGlite. */
async function openDatabases() {
  const wanted = options.database;
  const databases = [];
  if (wanted !== 'pglite') {
    const given = process.env['TEST_DATABASE_URL'];
    const url = await ownDatabase(given === 'none' ? undefined : given || (await start())?.url);
    if (url) databases.push({ kind: 'postgres', name: 'PostgreSQL', url, connections: 42 });
    else console.log('PostgreSQL is skipped: there is no server on this machine');
    if (!url && process.env['CI'] === 'true') throw new Error('CI=true needs PostgreSQL');
  }
  if (wanted !== 'postgres') databases.push({ kind: 'pglite', name: 'PGlite' });
  return databases;
}

async function start() {
  server = await startPostgres();
  return server;
}

/** A database of its own on the server. */
async function ownDatabase(server) {
  if (server === undefined) return undefined;
  administered = server;
  await administer(`create database ${own}`);
  const url = new URL(server);
  url.pathname = `/${own}`;
  return url.href;
}

async function administer(text) {
  const client = new pg.Client({ connectionString: administered });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Plays every scenario to its end, nothing happening at any point: what they pass is what can be exercised. */
async function record(database, place) {
  const played = SCENARIOS.filter(
    ({ isHeavy, isOnPostgres }) =>
      (!options.share || !isHeavy) && (!isOnPostgres || database.kind === 'postgres'),
  );
  const { played: answers } = await runOnce(database, place, {
    play: 'record',
    trials: played.map(({ name }, id) => ({ id, scenario: name, schema: `r${id}` })),
  });
  return answers.map((answer) => ({ ...answer, scenario: played[answer.id] }));
}

/** Everything; or, as the share of `npm test`, so many that a seed chooses. */
function chosen(planned, { kind }) {
  const trials = planned.filter(({ point }) => kind === 'postgres' || !isOnPostgresOnly(point));
  if (!options.share) return trials;
  const random = seeded(Number(options.seed));
  const ordered = trials.map((trial) => [random(), trial]).sort(([a], [b]) => a - b);
  return ordered.slice(0, kind === 'postgres' ? 30 : 3).map(([, trial]) => trial);
}

/** Plays trials, of which one may stand for another: that, too, was passed, or it does not count. */
async function playMerged({ trials, recorded }, play) {
  const { played, stands } = merged(trials, recorded);
  const answers = await play(played);
  for (const { id, point } of trials.filter((trial) => stands.has(trial.id))) {
    const stood = answers.get(stands.get(id));
    answers.set(id, { hit: stood?.hit === true && stood.trail.includes(point), problems: [] });
  }
  return answers;
}

/** Those that missed their point, which in a busy worker may happen, are played once more. */
async function twice(trials, play) {
  const first = await play(trials);
  const missed = trials.filter(({ id }) => first.get(id)?.hit !== true);
  if (missed.length === 0) return first;
  const again = missed.map((trial) => ({ ...trial, schema: `${trial.schema}_again` }));
  return new Map([...first, ...(await play(again))]);
}

function kill(database, trials, place) {
  return twice(trials, (list) => {
    const groups =
      database.kind === 'postgres' ? groupsOnPostgres(list, 30) : groupsOnPglite(list, 4);
    return runInChains(database, place, { play: 'kill', groups });
  });
}

/** In one process: the connection is lost before the statement, or after the database has done it. */
function fault(database, trials, place) {
  const faults = trials.map((trial) => ({ ...trial, schema: `f${trial.schema}` }));
  return twice(faults, (list) => {
    const size = database.kind === 'postgres' ? 40 : Math.ceil(faults.length / 2);
    return runInChains(database, place, { play: 'fault', groups: groupsOnPostgres(list, size) });
  });
}

/** The offset at which each line of each file begins. */
function linesOf(files) {
  const begins = (text) => [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  return Object.fromEntries([...files].map(([file, text]) => [file, begins(text)]));
}

/** Numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
