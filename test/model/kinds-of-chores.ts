/** What comes from outside or goes on by itself: requests, time, and the chores that every process does. */
import { expect } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { sweepAll } from '../../src/engine/reap.ts';
import { MIGRATIONS } from '../../src/store/migrations.generated.ts';
import * as engine from './engine-side.ts';
import { happened, sorted, upWorkers, type Dice, type Kind } from './kind.ts';
import { setClock, type Trial } from './lab.ts';
import { beat, reap, wake } from './model.ts';
import { allSteps } from './progress.ts';
import { forget, submit } from './submit.ts';
import { present, stepOf, workerOf, type Ask, type Plan, type World } from './world.ts';

const submitting: Kind = {
  name: 'submit',
  weight: 6,
  run: (world, trial, dice) => submittingTo(world, trial, { dice, count: 1 }),
};

const submittingMany: Kind = {
  name: 'submit_many',
  weight: 1,
  run: (world, trial, dice) => submittingTo(world, trial, { dice, count: 2 }),
};

async function submittingTo(
  world: World,
  trial: Trial,
  { dice, count }: { readonly dice: Dice; readonly count: number },
) {
  const at = dice.roll(trial.plans.length);
  const plan = present(trial.plans[at], `plan ${at}`);
  const madeAt = dice.onceIn(5) ? world.now + dice.of([-90_000, -30_000, 30_000]) : null;
  const asks = Array.from({ length: count }, () => ({ ...askFor(plan, dice), madeAt }));
  const taker = count === 1 && dice.onceIn(4) ? takerFor(world, plan, dice) : null;
  const real = await engine.create(trial, at, { asks, taker });
  const predicted = submit(world, plan, { asks, taker });
  const answer = predicted.kind === 'stored' ? predicted.tasks : predicted.code;
  expect(inOrder(real)).toEqual(inOrder(predicted));
  return happened(
    `${plan.name} ${JSON.stringify(asks)} ${taker === null ? '' : `for worker ${taker}`}: ${JSON.stringify(answer)}`,
    predicted.kind === 'stored' && predicted.tasks.some((task) => task.created),
  );
}

function inOrder(answer: Awaited<ReturnType<typeof engine.create>>) {
  return answer.kind === 'stored' ? { ...answer, taken: sorted(answer.taken) } : answer;
}

function askFor({ steps }: Plan, dice: Dice): Omit<Ask, 'madeAt'> {
  const mask = dice.onceIn(3) ? dice.roll(2 ** steps.length) : 0;
  const isBold = dice.onceIn(8);
  const bypass = steps.flatMap(({ optional }, position) =>
    (mask >> position) % 2 === 1 && (optional || isBold) ? [position] : [],
  );
  return {
    bypass,
    priority: dice.of([0, 0, 5]),
    key: dice.of([null, null, 'a', 'b']),
    content: dice.roll(2),
  };
}

/** An up worker that serves every queue of the plan. */
function takerFor(world: World, plan: Plan, dice: Dice): number | null {
  const able = upWorkers(world).filter((worker) =>
    plan.steps.every(({ queue }) => workerOf(world, worker).queues.includes(queue)),
  );
  return able.length === 0 ? null : dice.of(able);
}

const LEAPS = [1, 400, 600, 1_000, 2_500, 7_000, 16_000, 61_000, 3_700_000, 3_700_000];

/** Now and then, exactly until something that waits is due. */
function nextDue(world: World, dice: Dice): number | null {
  const waits = allSteps(world).flatMap((at) => {
    const { queued } = stepOf(world, at);
    return queued !== null && queued.at > world.now ? [queued.at - world.now] : [];
  });
  return waits.length > 0 && dice.onceIn(2) ? Math.min(...waits) : null;
}

/** Time goes on. Nearly always, what is up has shown signs of life meanwhile. */
const time: Kind = {
  name: 'clock',
  weight: 5,
  run: async (world, trial, dice) => {
    const leap = nextDue(world, dice) ?? dice.of(LEAPS);
    world.now += leap;
    await setClock(trial.lab, world.now);
    const isQuiet = dice.onceIn(5);
    if (!isQuiet)
      for (const worker of upWorkers(world))
        expect(await engine.renewLease(trial, worker)).toBe(beat(world, worker));
    const isLapsed = world.workers.some(
      ({ lost, stopped, lease }) => !lost && !stopped && lease < world.now,
    );
    return happened(`${leap} ms${isQuiet ? ', silently' : ''}`, isLapsed);
  },
};

const waking: Kind = {
  name: 'wake',
  weight: 4,
  applies: (world) => allSteps(world).some((at) => stepOf(world, at).queued?.due === false),
  run: async (world, trial) => {
    const { promoted, nextInMs } = await trial.parts.store.promoteDue(trial.parts.db);
    const { woken, nextIn } = wake(world);
    expect({ promoted, nextInMs }).toEqual({ promoted: woken, nextInMs: nextIn });
    return happened(`${woken}`, woken > 0);
  },
};

const reaping: Kind = {
  name: 'reap',
  weight: 3,
  run: async (world, trial, dice) => {
    const up = upWorkers(world);
    const asker = up.length > 0 && dice.onceIn(3) ? dice.of(up) : null;
    const lost = reap(world, asker);
    expect(await engine.reapAsChoresDo(trial, asker)).toBe(lost > 0);
    return happened(`${lost} workers`, lost > 0);
  },
};

/** The safety nets find nothing, ever: what they would mend does not happen. */
const sweeping: Kind = {
  name: 'sweep',
  weight: 1,
  run: async (_, trial) => {
    await sweepAll(trial.parts);
    return happened('all tasks', false);
  },
};

const migratingAgain: Kind = {
  name: 'migrate',
  weight: 1,
  run: async (_, trial) => {
    const target = { schema: trial.lab.schema, migrations: MIGRATIONS };
    const applied = await migrate(trial.parts.db, target);
    expect(applied).toEqual([]);
    return happened('again', false);
  },
};

const forgetting: Kind = {
  name: 'forget',
  weight: 2,
  run: async (world, trial) => {
    const forgotten = forget(world);
    expect(await trial.parts.store.pruneIdentities(trial.parts.db)).toBe(forgotten);
    return happened(`${forgotten} names`, forgotten > 0);
  },
};

export const CHORE_KINDS: readonly Kind[] = [
  submitting,
  submittingMany,
  time,
  waking,
  reaping,
  sweeping,
  migratingAgain,
  forgetting,
];
