import type { PinnedDefinition } from '../engine/pinned-definitions.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import type { Run } from './run.ts';
import type { StepSource } from './serve.ts';

/** The share of free slots that is filled from the queue whatever is expected of running steps: a long one must not keep slots empty. */
const LEAST_SHARE = 1 / 64;

/** And no fewer than this. */
const LEAST = 4;

/** What the first claim takes at most, before anything is known. */
const FIRST_CLAIM = 64;

/** The fan-out is a mean of about so many recent first steps. */
const MEMORY = 64;

/** What one statement is to take from the queue. */
export interface PlannedClaim {
  /** How many steps. */
  readonly room: number;
  /** To be told what came. */
  readonly answered: (fromQueue: readonly ClaimedStep[]) => void;
}

/** Takes nothing. */
export const NO_CLAIM: PlannedClaim = { room: 0, answered: () => undefined };

/**
 * Foresees how many slots the children of running steps will need. A worker that fills every slot with first steps of wide tasks has no
 * room for what they open, and those children go through the queue: written, found and deleted once more each.
 *
 * What it put into the queue itself comes out of it before new tasks do, and is claimed into every free slot. Beyond that it only slows
 * claiming down, and never below a share of the free slots in each statement: at worst a full queue takes some more statements until
 * every slot is busy. It counts what this worker does alone; where others take from the queue too, it errs, and claims more or less.
 */
export class Demand {
  readonly #source: Pick<StepSource, 'peek'>;
  readonly #queues: readonly string[];
  readonly #slots: number;
  readonly #ofDefinition = new WeakMap<PinnedDefinition, readonly number[]>();
  /** Slots that the children of what runs will need beside those that their parents leave. */
  #expected = 0;
  /** Children that found no slot here and are in the queue, without those that a statement under way is to bring. */
  #overflow = 0;
  /** Slots that the first step of a task needs, for itself or for its children. */
  #perTask = 1;
  #seen = 0;

  /** Of a worker: the queues that it serves (children of others need no slot here), and all its slots. */
  constructor(
    source: Pick<StepSource, 'peek'>,
    { queues, slots }: { readonly queues: readonly string[]; readonly slots: number },
  ) {
    this.#source = source;
    this.#queues = queues;
    this.#slots = slots;
  }

  /** What to take from the queue into `free` slots. */
  plan(free: number): PlannedClaim {
    if (free <= 0) return NO_CLAIM;
    const back = Math.max(0, Math.min(free, this.#overflow));
    this.#overflow -= back;
    return {
      room: Math.min(free, Math.ceil(Math.max(back + this.#fresh(free - back), LEAST))),
      answered: (steps) => {
        const children = steps.filter((step) => this.#isChild(step)).length;
        // Children come before new tasks: when fewer came, others have taken the rest.
        this.#overflow = children < back ? 0 : this.#overflow - (children - back);
      },
    };
  }

  /** First steps of tasks for so many slots. */
  #fresh(free: number): number {
    if (this.#seen === 0) return FIRST_CLAIM;
    // Where one task fills the worker there is nothing to leave room for: its children go through the queue anyway.
    if (this.#slots < 2 * this.#perTask) return free;
    return Math.max((free - this.#expected) / this.#perTask, free * LEAST_SHARE);
  }

  /** So many children found no slot, and went into the queue. */
  queued(children: number): void {
    this.#overflow += children;
  }

  begun(run: Run): void {
    const beyond = this.#beyondOwn(run);
    this.#expected += beyond;
    if (run.step.waitedMs === null || run.served.template.parents.length > 0) return;
    this.#seen += 1;
    this.#perTask += (1 + beyond - this.#perTask) / Math.min(this.#seen, MEMORY);
  }

  ended(run: Run): void {
    this.#expected -= this.#beyondOwn(run);
  }

  /** Slots that the children of this step need beside the one that it leaves. */
  #beyondOwn({ pinned, step }: Run): number {
    const known = this.#ofDefinition.get(pinned);
    if (known) return known[step.position] ?? 0;
    const { steps, width } = pinned.definition;
    const beyond = pinned.children.map((children) => {
      if (width !== null) return 0; // the task's width decides when they start
      const here = children.filter((child) => this.#queues.includes(steps[child]?.queue ?? ''));
      return Math.max(0, here.length - 1);
    });
    this.#ofDefinition.set(pinned, beyond);
    return beyond[step.position] ?? 0;
  }

  #isChild({ definitionId, position }: ClaimedStep): boolean {
    const pinned = this.#source.peek(definitionId)?.pinned;
    return (pinned?.definition.steps[position]?.parents.length ?? 0) > 0;
  }
}
