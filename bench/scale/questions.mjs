/** Every question, in the order in which they are asked. */
import { backlog } from './backlog.mjs';
import { bloat } from './bloat.mjs';
import { embedded } from './embedded.mjs';
import { history } from './history.mjs';
import { idle } from './idle.mjs';
import { long } from './long.mjs';
import { slots } from './slots.mjs';
import { slowCommits } from './slow-commits.mjs';
import { wide } from './wide.mjs';
import { workers } from './workers.mjs';

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {number} rounds by default
 * @property {readonly Row[]} rows what its measures are called
 * @property {(server: object, ask: { round: number, quick: boolean, size: number }) => Promise<Readonly<Record<string, number | null>>>}
 *   measure one round; `size` scales what it loads; throws when the run does not count
 *
 * @typedef {object} Row
 * @property {string} key of the measure
 * @property {string} title with its unit
 * @property {number} digits after the point
 * @property {{ most: number } | { least: number }} [must] what the median must keep to
 */

/** @type {Readonly<Record<string, Question>>} */
export const QUESTIONS = {
  wide,
  long,
  backlog,
  history,
  workers,
  slots,
  idle,
  'slow-commits': slowCommits,
  embedded,
  bloat,
};
