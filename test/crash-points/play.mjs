// Plays a scenario up to a point, and looks at what is left of it.
import { readFileSync } from 'node:fs';
import { isTaskerError } from '../../dist/kernel/errors.js';
import { brokenLaws, createWorld, retried } from './world.mjs';
import { watch } from './watch.mjs';

/** Brings the scene about. Nothing is named yet. */
export async function prepare(scenario, place, trial) {
  const world = createWorld(place);
  world.trial = trial;
  if (scenario.isBare) return { world, target: {}, trial };
  await world.open();
  if (scenario.called && !scenario.raw) {
    trial.called = scenario.verbs[0];
    trial.on = watch(world.db, trial, world.read);
    trial.tasker = await world.tasker({ on: trial.on });
    await trial.tasker.start();
  }
  return { world, target: await scenario.prepare(world), trial };
}

/** Does what the scenario is about, watched. Resolves when it is over; with what the verb answered added to the target. */
export async function act(scenario, { world, target, trial, again = false }) {
  trial.armed = true;
  const answer = await (again ? retried : once)(() => actOnce(scenario, { world, target, trial }));
  trial.armed = false;
  await trial.tasker?.stop();
  return { ...target, ...pick(scenario, answer) };
}

async function actOnce(scenario, { world, target, trial }) {
  if (!scenario.called) return scenario.act(world, target);
  if (scenario.raw) return scenario.act(world, watch(world.db, trial, world.read));
  try {
    return await scenario.act(trial.tasker, target, trial.on);
  } catch (error) {
    // The first call was stored and its answer lost: whoever asks again is told that it is done.
    const isRefused = isTaskerError(error) && error.status < 500;
    if (trial.hit && isRefused && (await isDone(scenario, world, target))) return undefined;
    throw error;
  }
}

/** After a minute, a statement that was under way at a death has ended. */
const LATE = '2 minutes';

/** Whoever looks on must not be taken for dead because the machine is busy. */
const UNHURRIED = { lease: '60s', heartbeat: '1s' };

const once = (work) => work();

const pick = ({ again }, answer) => (again ? answer : {});

const isDone = async (scenario, world, target) =>
  scenario.isDone === undefined || scenario.isDone(world.looking, target);

/**
 * A new process after the crash: what was acknowledged is there, the effect is whole or absent as it must be at this point, the verb can be
 * called again, everything ends, every law holds, attempts are counted. Answers the problems, none if all is well.
 *
 * @param trail the points that were passed before the end
 * @param isLate the new process comes when nobody waits for the old one's statements any more
 */
export async function recover(scenario, { place, target, trail, isLate }) {
  const world = createWorld(place);
  world.release(); // what held a step died with its process
  await world.open();
  if (isLate) await world.passTime(LATE);
  const problems = [];
  let known = target;
  if (scenario.isDone !== undefined) {
    const mustBe =
      scenario.done === undefined ||
      trail.some((point) => point.endsWith(`/${scenario.done}/after`));
    const is = await isDone(scenario, world, known);
    if (is !== mustBe)
      problems.push(`the effect is ${is ? '' : 'not '}there, and must ${mustBe ? '' : 'not '}be`);
    if (!is || scenario.again) {
      const answer = await scenario.act(world.looking, known, world.db);
      known = { ...known, ...pick(scenario, answer) };
      if (!(await isDone(scenario, world, known))) problems.push('the repeated call did nothing');
    }
  }
  problems.push(...(await finish(scenario, world, known)));
  return problems;
}

/** Lets a worker run what is left, and looks at all of it. */
export async function finish(scenario, world, given) {
  const problems = [];
  if (world.looking === null) await world.open();
  const target = { ...given, ...(await scenario.repeat?.(world)) };
  const { tasker, stop } = await world.worker({
    queues: ['default', 'elsewhere'],
    concurrency: 50,
    ...UNHURRIED,
  });
  for (const [name, status] of Object.entries(scenario.ends)) {
    const ended = await tasker.waitFor(target[name], { timeout: '60s' }).catch((error) => error);
    if (ended.status === status) continue;
    const steps = await tasker.steps(target[name]).catch(() => []);
    const shown = steps.map((s) => `${s.name} ${s.status} ${s.attempts}`).join(', ');
    problems.push(
      `task ${name} is ${ended.taskId === undefined ? String(ended) : ended.status}, and must be ${status}: ${shown}`,
    );
  }
  const open = async () => (await tasker.countTasks({ status: ['pending', 'in_progress'] })).count;
  await world
    .until('the end of every task', async () => (await open()) === 0)
    .catch((error) => problems.push(error.message));
  problems.push(...(await miscounted(scenario, tasker, { world, target })));
  await stop();
  problems.push(...(await brokenLaws(world)));
  return problems;
}

/** Every run that began is on record, none began twice, and a crash has cost at most one attempt of a step. */
async function miscounted({ runs, slack = 1 }, tasker, { world, target }) {
  const problems = [];
  const lines = readFileSync(world.witness, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${world.schema} `));
  if (new Set(lines).size < lines.length)
    problems.push(`an attempt ran twice: ${lines.join('; ')}`);
  const recorded = new Set();
  for (const taskId of new Set(lines.map((line) => Number(line.split(' ')[1]))))
    for (const { step, attempt } of await tasker.attempts(taskId))
      recorded.add(`${world.schema} ${taskId} ${step} ${attempt}`);
  for (const line of lines) if (!recorded.has(line)) problems.push(`not on record: ${line}`);
  if (target.t === undefined) return problems;
  for (const { name, attempts } of await tasker.steps(target.t)) {
    const expected = runs[name] ?? 0;
    const most = expected === 0 && !scenarioMayRun(runs) ? expected : expected + slack;
    if (attempts < expected || attempts > most)
      problems.push(`${name} has ${attempts} attempts, and must have ${expected} to ${most}`);
  }
  return problems;
}

const scenarioMayRun = (runs) => Object.keys(runs).length > 0;
