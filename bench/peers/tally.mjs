/**
 * What every contender's handlers do: the step's work, and a mark for the step. After a run every step of every task has exactly
 * one mark, or the run does not count.
 */
import { handle } from '../workloads.mjs';

const MOST_SHOWN = 3;

export class Tally {
  #steps;
  #positions;
  #marks = new Uint8Array(1024);
  #tasks = 0;
  #wantedTasks = Infinity;
  #reached = () => {};
  #watched = null;
  #wrong = [];

  /** @param {readonly { name: string, parents: readonly string[] }[]} steps the last one is the only leaf */
  constructor(steps) {
    this.#steps = steps;
    this.#positions = new Map(steps.map(({ name }, position) => [name, position]));
  }

  /**
   * Runs the handler of one step.
   *
   * @param {string} name of the step
   * @param {number} number of the task, from 1
   * @param {readonly unknown[]} [parents] results of the step's parents, from a contender that passes them on
   */
  async run(name, number, parents) {
    const result = await handle(name);
    const position = this.#positions.get(name);
    const { parents: wanted } = this.#steps[position];
    const seen = parents?.filter(Boolean).length ?? wanted.length;
    if (seen !== wanted.length)
      this.#wrong.push(`${name} of task ${number} saw ${seen} of ${wanted.length} results`);
    this.#mark(number * this.#steps.length + position);
    if (position === this.#steps.length - 1) this.#finish(number);
    return result;
  }

  /** Resolves when the last handlers of so many tasks have returned. */
  allOf(tasks) {
    this.#wantedTasks = tasks;
    if (this.#tasks >= tasks) return Promise.resolve();
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  /** Resolves with the moment at which the last handler of this task returned. Ask before the task is created; one at a time. */
  endOf(number) {
    return new Promise((resolve) => {
      this.#watched = { number, resolve };
    });
  }

  /** @returns {string | null} how the marks differ from one per step of the tasks 1 to `tasks` */
  problem(tasks) {
    const size = this.#steps.length;
    const found = this.#wrong.slice(0, MOST_SHOWN);
    const end = Math.max(this.#marks.length, (tasks + 1) * size);
    for (let index = 0; index < end && found.length < MOST_SHOWN; index += 1) {
      const number = Math.floor(index / size);
      const wanted = number >= 1 && number <= tasks ? 1 : 0;
      const ran = this.#marks[index] ?? 0;
      const { name } = this.#steps[index % size];
      if (ran !== wanted) found.push(`${name} of task ${number} ran ${ran} times, not ${wanted}`);
    }
    return found.length === 0 ? null : found.join('; ');
  }

  #mark(index) {
    if (index >= this.#marks.length) {
      const larger = new Uint8Array(Math.max(this.#marks.length * 2, index + 1));
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks[index] += 1;
  }

  #finish(number) {
    this.#tasks += 1;
    if (this.#watched?.number === number) this.#watched.resolve(performance.now());
    if (this.#tasks >= this.#wantedTasks) this.#reached();
  }
}
