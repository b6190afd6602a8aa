/** What the tasks of child workers look like; every step is the handler `work` of child-worker.mjs. */

interface Step {
  readonly name: string;
  readonly handler: 'work';
  readonly depends_on_steps?: readonly string[];
  readonly timeout?: string;
}

const step = (name: string, ...parents: readonly string[]): Step => ({
  name,
  handler: 'work',
  ...(parents.length > 0 && { depends_on_steps: parents }),
});

const numbered = (count: number, prefix: string): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const definition = (name: string, limit: number, steps: readonly Step[]) => ({
  name,
  version: '1.0.0',
  retry: { limit, backoff: 'fixed', base: '20ms', jitter: 'none' },
  steps,
});

const DIAMOND = [step('a'), step('b', 'a'), step('c', 'a'), step('d', 'b', 'c')];
const SPOKES = numbered(20, 's');
const LINKS = numbered(10, 'l');

/** By file name. A retry limit of 200 outlives every storm; `poison` and `timed` are to be used up. */
export const WORK_FILES = {
  diamond: definition('diamond', 200, DIAMOND),
  fan: definition('fan', 200, [
    step('hub'),
    ...SPOKES.map((name) => step(name, 'hub')),
    step('join', ...SPOKES),
  ]),
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
} as const;
