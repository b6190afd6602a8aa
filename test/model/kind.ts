import type { Trial } from './lab.ts';
import { isLive } from './model.ts';
import { present, stepOf, workerOf, type Token, type World } from './world.ts';

/** Whether a command did something, or was refused or found nothing to do. */
export type Outcome = 'accepted' | 'refused';

/** One kind of thing that can happen. */
export interface Kind {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  /** False when there is nothing that it could act on. @default always true */
  readonly applies?: (world: Readonly<World>) => boolean;
  /** Does it on both sides. @throws when they answer differently */
  readonly run: (world: World, trial: Trial, dice: Dice) => Promise<Happened>;
}

export interface Happened {
  readonly shown: string;
  readonly outcome: Outcome;
}

export function happened(shown: string, hadEffect: boolean): Happened {
  return { shown, outcome: hadEffect ? 'accepted' : 'refused' };
}

/** Choices, from numbers that were drawn before it was known what there is to choose from. */
export class Dice {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** 0 to `sides - 1`; 0 when the numbers are used up. */
  roll(sides: number): number {
    const number = this.#numbers[this.#next] ?? 0;
    this.#next += 1;
    return number % sides;
  }

  /** True once in so many throws. */
  onceIn(sides: number): boolean {
    return this.roll(sides) === sides - 1;
  }

  of<T>(list: readonly T[]): T {
    return present(list[this.roll(list.length)], 'choice');
  }
}

/** How many numbers a command may use. */
export const DICE = 14;

/** Workers whose process does what it should. One that was called lost may be among them: it does not know yet. */
export function upWorkers({ workers }: Readonly<World>): readonly number[] {
  return workers.flatMap(({ crashed, stopped }, worker) => (crashed || stopped ? [] : [worker]));
}

/** Runs that an up worker holds: what it can report in time. */
export function liveTokens(world: Readonly<World>): readonly Token[] {
  return world.issued.filter(
    (token) => isLive(world, token) && !workerOf(world, token.worker).crashed,
  );
}

/** Runs that only a worker would report that was frozen, or that does not know yet that they were taken from it. */
export function lateTokens(world: Readonly<World>): readonly Token[] {
  return world.issued.filter((token) => {
    const { crashed, stopped } = workerOf(world, token.worker);
    return !stopped && (crashed || !isLive(world, token));
  });
}

/**
 * A late run, mostly where it would do most harm: of a step that is held just now, by the same worker in a later run if there is one.
 */
export function lateToken(world: World, dice: Dice): Token {
  const late = lateTokens(world);
  const ofHeld = late.filter((token) => stepOf(world, token).stage === 'held');
  const again = ofHeld.filter((token) => stepOf(world, token).worker === token.worker);
  const superseded = again.filter((token) => stepOf(world, token).runs !== token.run);
  const choices = [superseded, superseded, ofHeld, late].filter((list) => list.length > 0);
  return dice.of(dice.of(choices));
}

/** A live run, and up to `most - 1` others that the same worker was given, be they still its own or not: a batch as it may come late. */
export function someOf(world: World, dice: Dice, most: number): readonly [Token, ...Token[]] {
  const first = dice.of(liveTokens(world));
  const others = dice.onceIn(3)
    ? world.issued.toReversed() // a step may have been given twice: its latest run comes first
    : liveTokens(world);
  const tokens: [Token, ...Token[]] = [first];
  for (const token of others) {
    const isNew = tokens.every(({ task, step }) => task !== token.task || step !== token.step);
    if (isNew && token.worker === first.worker) tokens.push(token);
  }
  return [first, ...tokens.slice(1, 1 + dice.roll(most))];
}

export function nameOf({ worker, task, step, run }: Token): string {
  return `${task}.${step} run ${run} of worker ${worker}`;
}

export function namesOf(tokens: readonly Token[]): string {
  return tokens.map(nameOf).join(', ');
}

/** In one order, for comparing what two sides answer in orders of their own. */
export function sorted(tokens: readonly Token[]): readonly Token[] {
  return tokens.toSorted((a, b) => a.task - b.task || a.step - b.step);
}
