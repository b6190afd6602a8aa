// A process of the crash points. It is told what to do in one message:
//   { database, map, witness, recover: [trials], play: 'record' | 'kill' | 'fault', trials: [{ id, scenario, schema, point }] }
// It recovers first, one trial after the other on PGlite and all at once on PostgreSQL. Then it plays: `record` to the end, answering the
// points that were passed; `fault` to the end, with an error at the point; `kill` until every trial hangs at its point, and then waits
// for its death.
import { readFileSync } from 'node:fs';
import { connectPg } from '../../dist/db/pg.js';
import { connectPglite } from '../../dist/db/pglite.js';
import { act, finish, prepare, recover } from './play.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { connectionLost, createReader, newTrial } from './watch.mjs';

process.once('disconnect', () => process.exit(1));
process.once('message', (job) => void main(job));

async function main(job) {
  const { kind } = job.database;
  const db =
    kind === 'postgres'
      ? connectPg({ connectionString: job.database.url, max: job.database.connections })
      : await connectPglite({ directory: job.database.directory });
  const read = createReader(JSON.parse(readFileSync(job.map, 'utf8')));
  const stage = {
    kind,
    // Connections of its own: those of the trials may all be in transactions.
    ender: kind === 'postgres' ? connectPg({ connectionString: job.database.url, max: 2 }) : null,
    placeOf: ({ schema }) => ({ db, schema, read, witness: job.witness }),
    each: (list, work) => (kind === 'postgres' ? Promise.all(list.map(work)) : inTurn(list, work)),
  };
  try {
    const recovered = await stage.each(job.recover ?? [], (trial) => recoverOne(stage, trial));
    for (const { schema } of job.recover ?? [])
      await db.query({ text: `drop schema if exists "${schema}" cascade` });
    const played = await PLAYS[job.play ?? 'none'](stage, job.trials ?? []);
    await send({ recovered, played });
    if (job.play === 'kill') return; // the parent ends it
    await Promise.all([db.close(), stage.ender?.close()]);
    process.exit(0);
  } catch (error) {
    await send({ failed: error.stack });
    process.exit(1);
  }
}

const PLAYS = {
  none: () => [],
  record: (stage, trials) => stage.each(trials, (trial) => recordOne(stage, trial)),
  fault: (stage, trials) => stage.each(trials, (trial) => faultOne(stage, trial)),
  async kill(stage, trials) {
    const scenes = await stage.each(trials, (trial) => sceneOf(stage, trial));
    return Promise.all(scenes.map(hangOne));
  },
};

const scenarioOf = ({ scenario }) => SCENARIOS.find(({ name }) => name === scenario);

async function recoverOne(stage, trial) {
  const place = stage.placeOf(trial);
  const problems = await recover(scenarioOf(trial), { ...trial, place }).catch((error) => [
    error.stack,
  ]);
  return { id: trial.id, problems };
}

async function recordOne(stage, { scenario: name, schema, id }) {
  const scenario = scenarioOf({ scenario: name });
  const trial = newTrial();
  try {
    const { world, target } = await prepare(scenario, stage.placeOf({ schema }), trial);
    const known = await act(scenario, { world, target, trial });
    world.release();
    const problems = await finish({ ...scenario, slack: 0 }, world, known);
    return { id, trail: [...new Set(trial.trail)], within: [...trial.within], problems };
  } catch (error) {
    return { id, trail: [...new Set(trial.trail)], within: [], problems: [error.stack] };
  }
}

/** In a transaction on PostgreSQL the server ends the session, and the next statement finds that; elsewhere the driver's error comes. */
async function loseConnection({ kind, ender }, { moment, tx }) {
  if (kind !== 'postgres' || tx === null || moment !== 'before') throw connectionLost();
  const [{ pid }] = (await tx.query({ text: 'select pg_backend_pid() as pid' })).rows;
  await ender.query({ text: 'select pg_terminate_backend($1)', values: [pid] });
}

/** The connection is lost before the statement, or after the database has done it; the caller asks again. */
async function faultOne(stage, { scenario: name, schema, point, id }) {
  const scenario = scenarioOf({ scenario: name });
  const trial = newTrial(point, (moment, tx) => loseConnection(stage, { moment, tx }));
  try {
    const { world, target } = await prepare(scenario, stage.placeOf({ schema }), trial);
    const known = await act(scenario, { world, target, trial, again: true });
    world.release();
    const problems = await finish(scenario, world, known);
    return { id, hit: trial.hit === true, trail: trial.trail, problems };
  } catch (error) {
    return { id, hit: trial.hit === true, trail: trial.trail, problems: [error.stack] };
  }
}

async function sceneOf(stage, { id, point, schema, scenario: name }) {
  const scenario = scenarioOf({ scenario: name });
  let passed;
  const hangs = new Promise((resolve) => {
    passed = resolve;
  });
  const happens = () => {
    passed();
    return new Promise(() => undefined);
  };
  const trial = newTrial(point, happens);
  const scene = await prepare(scenario, stage.placeOf({ schema }), trial);
  return { id, hangs, scenario, scene };
}

/** Goes on until the trial hangs at its point; what comes after it never happens. */
async function hangOne({ id, hangs, scenario, scene }) {
  const { trial, target } = scene;
  const missed = 'the point was not passed';
  const ended = act(scenario, scene).then(
    () => missed,
    (error) => error.stack,
  );
  const late = new Promise((resolve) => setTimeout(resolve, 60_000, missed).unref());
  const problem = await Promise.race([hangs, ended, late]);
  return { id, target, hit: trial.hit === true, trail: [...new Set(trial.trail)], problem };
}

async function inTurn(list, work) {
  const answers = [];
  for (const one of list) answers.push(await work(one));
  return answers;
}

const send = (message) => new Promise((resolve) => process.send(message, resolve));
