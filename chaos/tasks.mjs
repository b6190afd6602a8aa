/**
 * The tasks that are worked on under attack; every step is the handler `work` of worker.mjs. What a step does is asked for in the
 * context of its task.
 */
import { seededRandom } from './random.mjs';

const step = (name, ...parents) => ({
  name,
  handler: 'work',
  ...(parents.length > 0 && { depends_on_steps: parents }),
});

const numbered = (count, prefix) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const definition = (name, limit, steps) => ({
  name,
  version: '1.0.0',
  retry: { limit, backoff: 'fixed', base: '20ms', jitter: 'none' },
  steps,
});

const DIAMOND = [step('a'), step('b', 'a'), step('c', 'a'), step('d', 'b', 'c')];
const LINKS = numbered(10, 'l');

/** A hub, so many spokes, and a join. */
function fan(name, count) {
  const spokes = numbered(count, 's');
  const middle = spokes.map((spoke) => step(spoke, 'hub'));
  return definition(name, 200, [step('hub'), ...middle, step('join', ...spokes)]);
}

/** By file name. A retry limit of 200 outlives every storm; `poison` and `timed` are to be used up. */
export const WORK_FILES = {
  diamond: definition('diamond', 200, DIAMOND),
  fan: fan('fan', 20),
  fan50: fan('fan50', 50),
  chain: definition(
    'chain',
    200,
    LINKS.map((name, index) => step(name, ...LINKS.slice(Math.max(0, index - 1), index))),
  ),
  narrow: {
    ...definition(
      'narrow',
      200,
      numbered(6, 'n').map((name) => step(name)),
    ),
    width: 2,
  },
  single: definition('single', 200, [step('only')]),
  poison: definition('poison', 2, [step('only'), step('after', 'only')]),
  timed: definition('timed', 2, [{ ...step('only'), timeout: '300ms' }]),
};

/** So many definitions of 2 to 40 steps, each with up to three parents: `random0`, `random1`, … */
export function randomFiles(seed, count) {
  const random = seededRandom(seed);
  const names = numbered(count, 'random');
  return Object.fromEntries(names.map((name) => [name, randomDefinition(name, random)]));
}

function randomDefinition(name, random) {
  const steps = numbered(random.between(2, 40), 'r').map((own, index) => {
    const parents = new Set();
    for (let wanted = random.between(0, Math.min(3, index)); wanted > 0; wanted -= 1)
      parents.add(`r${random.between(0, index - 1)}`);
    return step(own, ...parents);
  });
  return definition(name, 200, steps);
}
