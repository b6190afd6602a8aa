/**
 * Everything that can happen, as fast-check commands: each does the same to the model and to the engine, and fails when the two answer
 * differently, or when afterwards any row is not as the model says. What a command acts on is chosen when it runs, from what there is.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { CHORE_KINDS } from './kinds-of-chores.ts';
import { OPERATOR_KINDS } from './kinds-of-operators.ts';
import { WORKER_KINDS } from './kinds-of-workers.ts';
import { DICE, Dice, type Kind, type Outcome } from './kind.ts';
import type { Trial } from './lab.ts';
import { pictureIn, pictureOf } from './picture.ts';
import { Tally } from './tally.ts';
import type { World } from './world.ts';

const KINDS: readonly Kind[] = [...WORKER_KINDS, ...CHORE_KINDS, ...OPERATOR_KINDS];

/** Kinds that never have an effect, and must not. */
const IDLE_KINDS: readonly string[] = ['migrate', 'sweep'];

/** An empty tally, which knows what must have happened in the end. */
export function createTally(): Tally {
  return new Tally(
    new Map(
      KINDS.map(({ name }): [string, readonly Outcome[]] => [
        name,
        IDLE_KINDS.includes(name) ? ['refused'] : ['accepted', 'refused'],
      ]),
    ),
  );
}

/** Sequences of up to so many commands. `replayPath` repeats one that failed, see fast-check's `commands`. */
export function commands(
  tally: Tally,
  { most, replayPath }: { readonly most: number; readonly replayPath?: string },
): fc.Arbitrary<Iterable<fc.AsyncCommand<World, Trial, boolean>>> {
  const kinds = KINDS.flatMap((kind) =>
    Array.from({ length: kind.weight }, () =>
      fc
        .array(fc.nat(9_999), { minLength: DICE, maxLength: DICE })
        .map((dice) => new Command(kind, dice, tally)),
    ),
  );
  return fc.commands(kinds, {
    maxCommands: most,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
}

/** Compares the whole state. */
export async function expectSame(world: World, trial: Trial): Promise<void> {
  const real = await pictureIn(trial.lab.db, trial.lab.t, trial.ids);
  const predicted = pictureOf(world);
  if (real.join('\n') !== predicted.join('\n')) expect(real).toEqual(predicted);
}

class Command implements fc.AsyncCommand<World, Trial> {
  readonly #kind: Kind;
  readonly #dice: readonly number[];
  readonly #tally: Tally;

  constructor(kind: Kind, dice: readonly number[], tally: Tally) {
    this.#kind = kind;
    this.#dice = dice;
    this.#tally = tally;
  }

  check(world: Readonly<World>): boolean {
    return this.#kind.applies?.(world) ?? true;
  }

  async run(world: World, trial: Trial): Promise<void> {
    trial.story.push(this.#kind.name); // in case that it fails
    const { shown, outcome } = await this.#kind.run(world, trial, new Dice(this.#dice));
    trial.story[trial.story.length - 1] = `${this.#kind.name} ${shown}: ${outcome}`;
    this.#tally.add(this.#kind.name, outcome);
    await expectSame(world, trial);
  }

  toString(): string {
    return this.#kind.name;
  }
}
