/** A moment in the tree of all interleavings. */
export interface Branch {
  /** Sessions that could go on. */
  readonly open: readonly number[];
  /** Sessions that waited for a lock. */
  readonly blocked: readonly number[];
  /** The server found a deadlock here: the rest was not chosen. */
  readonly isDeadlocked: boolean;
  /** By the session that went on. */
  readonly children: ReadonlyMap<number, Branch>;
}

/**
 * The arithmetic of completeness. Sessions of n1, n2 … steps have (n1 + n2 + …)! / (n1! n2! …) orders; each of them either was played,
 * or cannot happen.
 */
export interface Account {
  /** Steps of each session, in the interleaving in which it has most. */
  readonly steps: readonly number[];
  /** All orders of so many steps: the multinomial coefficient. */
  readonly orders: number;
  /** Orders that an interleaving was played for. An interleaving in which a session ends early stands for several. */
  readonly playedOrders: number;
  /** Orders in which a session would go on while it waits for a lock: PostgreSQL does not let them happen. */
  readonly impossible: number;
  /** Orders behind a deadlock: the server undoes one session, which then begins again. */
  readonly undone: number;
  /** Moments at which a session that could go on was never let go. */
  readonly missing: number;
}

/** Counts which orders of steps a tree of interleavings accounts for. */
export function accountFor(root: Branch | null, sessions: number): Account {
  const steps = Array.from({ length: sessions }, (_, index) => (root ? most(root, index) : 0));
  const counts = { playedOrders: 0, impossible: 0, undone: 0, missing: 0 };
  if (root) walk(root, steps, counts);
  return { steps, orders: orders(steps), ...counts };
}

/** The multinomial coefficient: in how many orders can so many steps of each session follow one another? */
export function orders(steps: readonly number[]): number {
  let total = 0;
  let result = 1;
  for (const count of steps) {
    for (let index = 1; index <= count; index += 1) {
      total += 1;
      result = (result * total) / index; // always whole: a binomial coefficient after each step
    }
  }
  return Math.round(result);
}

/** The most steps that a session takes in any interleaving below. */
function most(branch: Branch, session: number): number {
  const below = [...branch.children].map(
    ([chosen, child]) => (chosen === session ? 1 : 0) + most(child, session),
  );
  return Math.max(0, ...below);
}

interface Counts {
  playedOrders: number;
  impossible: number;
  undone: number;
  missing: number;
}

/** Follows every order of the steps that are left; a session that has ended lets its letters pass. */
function walk(branch: Branch, left: readonly number[], counts: Counts): void {
  if (branch.isDeadlocked) {
    counts.undone += orders(left);
    return;
  }
  if (branch.open.length === 0) {
    counts.playedOrders += orders(left);
    return;
  }
  left.forEach((count, session) => {
    const child = branch.children.get(session);
    if (branch.open.includes(session) && !child) counts.missing += 1;
    if (count === 0) return;
    const rest = left.map((steps, index) => (index === session ? steps - 1 : steps));
    if (branch.blocked.includes(session)) counts.impossible += orders(rest);
    else if (child) walk(child, rest, counts);
    else if (!branch.open.includes(session)) walk(branch, rest, counts);
  });
}
