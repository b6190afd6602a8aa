import { play, type Played, type SeenWait } from './play.ts';
import type { Scenario } from './scenario.ts';
import { unchanged, type Rewrite } from './session.ts';
import type { Stage } from './stage.ts';
import { accountFor, type Account, type Branch } from './words.ts';

/** What all interleavings of a scenario gave. */
export interface Explored {
  readonly scenario: Scenario;
  /** Interleavings played to the end. */
  readonly played: number;
  /** The arithmetic that shows that none is missing. */
  readonly account: Account;
  /** How often each outcome came. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly waits: readonly SeenWait[];
  /** Interleavings in which the server found a deadlock. */
  readonly deadlocks: number;
  /** What broke a law or did not fit the scenario, each with the first interleaving that shows it. */
  readonly problems: readonly string[];
}

/** The tree of all interleavings, grown one interleaving at a time. */
interface Node extends Branch {
  readonly children: Map<number, Node>;
}

/** At most so many problems are kept: one is enough to fail, some more show what they have in common. */
const MOST_PROBLEMS = 5;

/** How often in a row the server may choose otherwise than before. */
const MOST_STRAYS = 50;

/**
 * Plays every interleaving of a scenario: at each moment every session that could go on is let go once. Interleavings with an equal
 * beginning share it in the tree, and none is played twice; nothing else is left out.
 *
 * @param fault planted in the statements of all sessions; then it ends with the first problem
 */
export async function explore(
  stage: Stage,
  scenario: Scenario,
  { fault = null }: { readonly fault?: Rewrite | null } = {},
): Promise<Explored> {
  let root: Node | null = null;
  let choices: number[] | null = [];
  const outcomes = new Map<string, number>();
  const waits = new Map<string, SeenWait>();
  const problems: string[] = [];
  let played = 0;
  let deadlocks = 0;
  await Promise.all(stage.players.map(({ session }) => session.greet()));
  let strays = 0;
  while (choices !== null) {
    const one = await play(stage, scenario, {
      choices,
      fault: fault ?? unchanged,
      isNew: (outcome) => !outcomes.has(outcome),
    });
    for (const problem of problemsOf(scenario, one))
      if (problems.length < MOST_PROBLEMS) problems.push(problem);
    if (fault !== null && problems.length > 0) break; // found
    if (one.strayed) {
      strays += 1;
      if (strays > MOST_STRAYS)
        throw new Error(`${scenario.name}: the same choices lead elsewhere`);
      continue;
    }
    strays = 0;
    played += 1;
    if (one.deadlockAt !== null) deadlocks += 1;
    outcomes.set(one.outcome, (outcomes.get(one.outcome) ?? 0) + 1);
    for (const wait of one.waits) waits.set(waitKey(wait), wait);
    root = grow(root, one);
    choices = nextChoices(root);
  }
  const account = accountFor(root, stage.players.length);
  return { scenario, played, account, outcomes, waits: [...waits.values()], deadlocks, problems };
}

function waitKey({ actor, step, wanted, held }: SeenWait): string {
  const shown = [wanted, ...held].map(({ kind, position }) => `${kind} ${position}`);
  return `${actor} ${step} ${shown.join()}`;
}

function problemsOf(scenario: Scenario, played: Played): readonly string[] {
  const steps = played.moments.map(({ chosen, step }) => `${chosen + 1} ${step}`).join(' → ');
  const said = played.broken.map((what) => `leaves ${what}`);
  if (!scenario.outcomes.includes(played.outcome)) said.push(`ends in "${played.outcome}"`);
  if (played.deadlockAt !== null && (scenario.retried !== true || played.conflicts === 0))
    said.push(`meets a deadlock, undone and done again ${played.conflicts} times`);
  return said.map((what) => `${scenario.name}: ${what}\n      after ${steps}`);
}

/** Adds an interleaving to the tree. */
function grow(root: Node | null, { moments, deadlockAt }: Played): Node {
  const first = root ?? nodeAt({ moments, deadlockAt }, 0);
  let node = first;
  moments.forEach(({ chosen }, index) => {
    if (deadlockAt !== null && index >= deadlockAt) return; // from there on nothing was chosen
    const known = node.children.get(chosen);
    const child = known ?? nodeAt({ moments, deadlockAt }, index + 1);
    if (!known) node.children.set(chosen, child);
    node = child;
  });
  return first;
}

function nodeAt(
  { moments, deadlockAt }: Pick<Played, 'moments' | 'deadlockAt'>,
  index: number,
): Node {
  const moment = moments[index];
  const isDeadlocked = deadlockAt !== null && index >= deadlockAt;
  return {
    open: isDeadlocked ? [] : (moment?.open ?? []),
    blocked: moment?.blocked ?? [],
    isDeadlocked,
    children: new Map(),
  };
}

/** The way to an interleaving that was not played yet, the deepest first; null when there is none. */
function nextChoices(root: Node): number[] | null {
  const way: { readonly node: Node; readonly choice: number }[] = [];
  let node: Node | undefined = root;
  while (node !== undefined) {
    const choice: number | undefined = [...node.children.keys()].at(-1);
    if (choice === undefined) break;
    way.push({ node, choice });
    node = node.children.get(choice);
  }
  for (let depth = way.length - 1; depth >= 0; depth -= 1) {
    const at = way[depth];
    const untried = at?.node.open.find((choice) => !at.node.children.has(choice));
    if (untried !== undefined) return [...way.slice(0, depth).map(({ choice }) => choice), untried];
  }
  return null;
}
