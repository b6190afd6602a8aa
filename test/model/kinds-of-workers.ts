/** What workers do, in time and late. */
import { expect } from 'vitest';
import * as engine from './engine-side.ts';
import {
  happened,
  lateToken,
  lateTokens,
  liveTokens,
  nameOf,
  namesOf,
  someOf,
  sorted,
  upWorkers,
  type Dice,
  type Kind,
} from './kind.ts';
import type { Trial } from './lab.ts';
import { beat, claim, fail, finish, handBack, startWorker, stop, type Failure } from './model.ts';
import { allSteps } from './progress.ts';
import { planStepOf, stepOf, workerOf, type Token, type World } from './world.ts';

const MOST_UP = 3;
const MOST_EVER = 12;

const start: Kind = {
  name: 'start_worker',
  weight: 2,
  run: async (world, trial, dice) => {
    if (upWorkers(world).length >= MOST_UP || world.workers.length >= MOST_EVER)
      return happened('there are enough', false);
    const queues = dice.onceIn(3) ? ['default'] : ['default', 'slow'];
    const worker = startWorker(world, queues);
    expect(await engine.registerWorker(trial, queues)).toBe(worker);
    return happened(`${worker} for ${queues.join()}`, true);
  },
};

const heartbeat: Kind = {
  name: 'heartbeat',
  weight: 1,
  applies: ({ workers }) => workers.length > 0,
  run: async (world, trial, dice) => {
    const worker = dice.roll(world.workers.length);
    const isAlive = beat(world, worker);
    expect(await engine.renewLease(trial, worker)).toBe(isAlive);
    return happened(`of worker ${worker}`, isAlive);
  },
};

/** Mostly one in which something waits. */
function busyQueue(world: World, queues: readonly string[], dice: Dice): string {
  const busy = queues.filter((queue) =>
    allSteps(world).some(
      (at) => stepOf(world, at).queued?.due === true && planStepOf(world, at).queue === queue,
    ),
  );
  return dice.of(busy.length === 0 || dice.onceIn(4) ? queues : busy);
}

const claiming: Kind = {
  name: 'claim',
  weight: 14,
  applies: (world) => upWorkers(world).length > 0,
  run: async (world, trial, dice) => {
    const up = upWorkers(world);
    const lost = up.filter((one) => workerOf(world, one).lost);
    const worker = dice.of(lost.length > 0 && dice.onceIn(2) ? lost : up);
    const { queues } = workerOf(world, worker);
    const ask = { queue: busyQueue(world, queues, dice), room: 1 + dice.roll(6) };
    const given = claim(world, worker, ask);
    const report = { ...ask, queues, tokens: [], takesOn: false };
    const real = await engine.report(trial, worker, report);
    expect(sorted(real.given)).toEqual(sorted(given));
    return happened(`by worker ${worker}: ${namesOf(given)}`, given.length > 0);
  },
};

const complete: Kind = {
  name: 'complete',
  weight: 14,
  applies: (world) => liveTokens(world).length > 0,
  run: (world, trial, dice) => completing(world, trial, { dice, tokens: someOf(world, dice, 3) }),
};

const lateComplete: Kind = {
  name: 'late_complete',
  weight: 3,
  applies: (world) => lateTokens(world).length > 0,
  run: (world, trial, dice) => completing(world, trial, { dice, tokens: [lateToken(world, dice)] }),
};

/** A worker reports at least one run as done. */
async function completing(
  world: World,
  trial: Trial,
  { dice, tokens }: { readonly dice: Dice; readonly tokens: readonly [Token, ...Token[]] },
) {
  const { worker } = tokens[0];
  const { queues } = workerOf(world, worker);
  const takesOn = !dice.onceIn(3);
  const report = { tokens, takesOn, queues, queue: dice.of(queues), room: dice.roll(3) };
  const real = await engine.report(trial, worker, report);
  const predicted = finish(world, worker, report);
  expect(sorted(real.refused)).toEqual(sorted(predicted.refused));
  expect(sorted(real.given)).toEqual(sorted(predicted.given));
  const shown = `${namesOf(tokens)}${takesOn ? ', taking on' : ''}; got ${namesOf(predicted.given)}`;
  return happened(shown, predicted.refused.length === 0);
}

const failing: Kind = {
  name: 'fail',
  weight: 9,
  applies: (world) => liveTokens(world).length > 0,
  run: (world, trial, dice) => failingWith(world, trial, { dice, tokens: someOf(world, dice, 3) }),
};

const timeOut: Kind = {
  name: 'time_out',
  weight: 2,
  applies: (world) => liveTokens(world).length + lateTokens(world).length > 0,
  run: async (world, trial, dice) => {
    const live = liveTokens(world);
    const isLate = live.length === 0 || (dice.onceIn(3) && lateTokens(world).length > 0);
    const token = isLate ? lateToken(world, dice) : dice.of(live);
    return reporting(world, trial, [{ token, failure: { how: 'timeout' } }]);
  },
};

const lateFail: Kind = {
  name: 'late_fail',
  weight: 2,
  applies: (world) => lateTokens(world).length > 0,
  run: (world, trial, dice) =>
    failingWith(world, trial, { dice, tokens: [lateToken(world, dice)] }),
};

function failingWith(
  world: World,
  trial: Trial,
  { dice, tokens }: { readonly dice: Dice; readonly tokens: readonly Token[] },
) {
  return reporting(
    world,
    trial,
    tokens.map((token) => ({ token, failure: dice.of(FAILURES) })),
  );
}

const FAILURES: readonly Failure[] = [
  { how: 'error' },
  { how: 'error' },
  { how: 'for_good' },
  { how: 'asks', wait: 0 },
  { how: 'asks', wait: 7_000 },
];

async function reporting(
  world: World,
  trial: Trial,
  failures: readonly { readonly token: Token; readonly failure: Failure }[],
) {
  const real = await engine.reportFailures(trial, failures);
  const predicted = fail(world, failures);
  expect(real).toEqual(predicted);
  const shown = failures.map(({ token, failure }) => `${nameOf(token)} with ${failure.how}`);
  return happened(shown.join(', '), predicted.length === failures.length);
}

const handingBack: Kind = {
  name: 'hand_back',
  weight: 2,
  applies: (world) => liveTokens(world).length > 0,
  run: async (world, trial, dice) => {
    const late = lateTokens(world);
    const tokens: readonly [Token, ...Token[]] =
      dice.onceIn(3) && late.length > 0 ? [lateToken(world, dice)] : someOf(world, dice, 2);
    const { worker } = tokens[0];
    const real = await engine.giveBack(trial, worker, tokens);
    const predicted = handBack(world, tokens);
    expect(real).toBe(predicted);
    return happened(namesOf(tokens), predicted > 0);
  },
};

const stopping: Kind = {
  name: 'stop_worker',
  weight: 1,
  applies: (world) => upWorkers(world).length > 0,
  run: async (world, trial, dice) => {
    const busy = [...new Set(liveTokens(world).map((token) => token.worker))];
    const worker = dice.of(busy.length === 0 || dice.onceIn(3) ? upWorkers(world) : busy);
    const held = liveTokens(world).filter((token) => token.worker === worker);
    const failure = { how: 'given_back' } as const;
    const failures = held.map((token) => ({ token, failure }));
    if (held.length > 0) await engine.reportFailures(trial, failures);
    await engine.signOff(trial, worker);
    stop(world, worker);
    return happened(`${worker}, which held ${namesOf(held)}`, held.length > 0);
  },
};

/** The process is gone or frozen. Nobody is told: the world learns of it by what does not happen. */
const crash: Kind = {
  name: 'crash',
  weight: 2,
  applies: (world) => upWorkers(world).length > 0,
  run: (world, _, dice) => {
    const busy = [...new Set(liveTokens(world).map((token) => token.worker))];
    const worker = dice.of(busy.length === 0 || dice.onceIn(4) ? upWorkers(world) : busy);
    workerOf(world, worker).crashed = true;
    const held = world.issued.filter(
      (token) => token.worker === worker && stepOf(world, token).stage === 'held',
    );
    return Promise.resolve(happened(`of worker ${worker}`, held.length > 0));
  },
};

export const WORKER_KINDS: readonly Kind[] = [
  start,
  heartbeat,
  claiming,
  complete,
  lateComplete,
  failing,
  timeOut,
  lateFail,
  handingBack,
  stopping,
  crash,
];
