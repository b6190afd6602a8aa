/**
 * The workloads, as every contender sees them: the same graph, the same context of about 200 bytes, the same handlers, which do
 * nothing and return about 50 bytes. With handlers that do nothing, what is measured is the engine and the database.
 */

/** A step is a name and the names of its parents; every graph here ends in one leaf, its last step. */
const ORDER = [
  { name: 'fetch_cart', parents: [] },
  { name: 'fetch_products', parents: [] },
  { name: 'validate_products', parents: ['fetch_cart', 'fetch_products'] },
  { name: 'create_order', parents: ['validate_products'] },
  { name: 'publish_event', parents: ['create_order'] },
];

const CHAIN = Array.from({ length: 10 }, (_, index) => ({
  name: `link_${index}`,
  parents: index === 0 ? [] : [`link_${index - 1}`],
}));

const MIDDLE = Array.from({ length: 50 }, (_, index) => `part_${index}`);
const FAN = [
  { name: 'split', parents: [] },
  ...MIDDLE.map((name) => ({ name, parents: ['split'] })),
  { name: 'join', parents: MIDDLE },
];

/**
 * `tasks` is the default size. A throughput run drains about 100,000 steps (W4: 50,000), which takes a few seconds; a latency run
 * sends so many orders, one at a time.
 */
export const WORKLOADS = {
  W1: { title: 'order DAG', kind: 'throughput', steps: ORDER, tasks: 20_000, quickTasks: 300 },
  W2: { title: 'chain of 10', kind: 'throughput', steps: CHAIN, tasks: 10_000, quickTasks: 100 },
  W3: { title: '1 to 50 to 1', kind: 'throughput', steps: FAN, tasks: 2_000, quickTasks: 20 },
  W4: {
    title: 'single step',
    kind: 'throughput',
    steps: [{ name: 'only', parents: [] }],
    tasks: 50_000,
    quickTasks: 500,
  },
  W5: {
    title: 'one order on an idle system',
    kind: 'latency',
    steps: ORDER,
    tasks: 200,
    quickTasks: 10,
  },
};

/** The shapes by which another engine publishes its figures. */
export const SHAPES = {
  'linear-4': shape('a chain of 4', { a: [], b: ['a'], c: ['b'], d: ['c'] }),
  'diamond-4': shape('a diamond of 4', { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] }),
  'complex-7': shape('two branches that mix, 7', {
    start: [],
    left: ['start'],
    right: ['start'],
    validate: ['left', 'right'],
    transform: ['left'],
    analyze: ['right'],
    finish: ['validate', 'transform', 'analyze'],
  }),
  'tree-8': shape('a tree of 8', {
    root: [],
    left: ['root'],
    right: ['root'],
    left_one: ['left'],
    left_two: ['left'],
    right_one: ['right'],
    right_two: ['right'],
    gather: ['left_one', 'left_two', 'right_one', 'right_two'],
  }),
};

function shape(title, parents) {
  const steps = Object.entries(parents).map(([name, names]) => ({ name, parents: names }));
  return { title, kind: 'throughput', steps, tasks: 10_000, quickTasks: 50 };
}

/**
 * Steps that may run at once, in the order in which they may: for contenders where a workflow is code. In every graph here, each
 * step's parents are in the levels before it.
 *
 * @param {readonly { name: string, parents: readonly string[] }[]} steps
 * @returns {(typeof steps)[]}
 */
export function levelsOf(steps) {
  const depths = new Map();
  const levels = [];
  for (const step of steps) {
    const depth = 1 + Math.max(-1, ...step.parents.map((parent) => depths.get(parent)));
    depths.set(step.name, depth);
    (levels[depth] ??= []).push(step);
  }
  return levels;
}

/**
 * The same steps as positions in the list, which is how a hand-written engine would see them.
 *
 * @param {readonly { name: string, parents: readonly string[] }[]} steps
 */
export function graphOf(steps) {
  const positions = new Map(steps.map(({ name }, position) => [name, position]));
  const children = steps.map(() => []);
  for (const [position, { parents }] of steps.entries())
    for (const parent of parents) children[positions.get(parent)].push(position);
  return {
    size: steps.length,
    names: steps.map(({ name }) => name),
    children,
    waitingOn: steps.map(({ parents }) => parents.length),
    roots: [...steps.keys()].filter((position) => steps[position].parents.length === 0),
    leaf: steps.length - 1,
  };
}

/** The context of the task with this number. */
export function contextOf(number) {
  return {
    cart_id: number,
    customer: 'customer-000000042',
    currency: 'EUR',
    source_system: 'ecommerce',
    tags: ['order_processing', 'api'],
    note: 'process a new order, please, thank you',
    amount: 123456,
  };
}

/** What every step does. */
export async function handle(name) {
  return { ok: true, step: name, id: 'a1b2c3d4e5', n: 42 };
}
