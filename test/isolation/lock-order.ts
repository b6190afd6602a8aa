import type { SeenWait } from './play.ts';

/** Somebody held the first kind of lock and waited for the second. */
export interface LockEdge {
  readonly held: string;
  readonly wanted: string;
  /** Who was seen doing so, and in which step. */
  readonly example: string;
}

/**
 * The order of locks, from waits that were seen: an edge from each kind of lock that the waiter held to the kind that it waited for.
 * Without a cycle no set of sessions that lock in these orders can wait for one another in a ring.
 */
export function lockEdges(
  waits: readonly (SeenWait & { readonly scenario: string })[],
): readonly LockEdge[] {
  const edges = new Map<string, LockEdge>();
  for (const { scenario, actor, step, held, wanted } of waits) {
    for (const { kind } of held) {
      const key = `${kind} → ${wanted.kind}`;
      if (kind === wanted.kind || edges.has(key)) continue;
      edges.set(key, {
        held: kind,
        wanted: wanted.kind,
        example: `${scenario}: ${actor}, ${step}`,
      });
    }
  }
  return [...edges.values()].toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

/** Steps that were waited for while a later one was held: rows of one kind are locked in the order (task, position). */
export function stepsOutOfOrder(
  waits: readonly (SeenWait & { readonly scenario: string })[],
): readonly string[] {
  const found = new Set<string>();
  for (const { scenario, actor, step, held, wanted } of waits) {
    if (wanted.kind !== 'step' || wanted.position === null) continue;
    for (const lock of held) {
      if (lock.kind !== 'step' || lock.taskId !== wanted.taskId) continue;
      if ((lock.position ?? 0) > (wanted.position ?? 0))
        found.add(
          `${scenario}: ${actor}, ${step}, holds step ${lock.position} and waits for step ${wanted.position}`,
        );
    }
  }
  return [...found];
}

/** A ring of locks, or null when there is none. */
export function ringOf(edges: readonly LockEdge[]): readonly LockEdge[] | null {
  const search = (kind: string, way: readonly LockEdge[]): readonly LockEdge[] | null => {
    const start = way.findIndex((edge) => edge.held === kind);
    if (start >= 0) return way.slice(start);
    for (const edge of edges) {
      if (edge.held !== kind) continue;
      const ring = search(edge.wanted, [...way, edge]);
      if (ring) return ring;
    }
    return null;
  };
  for (const { held } of edges) {
    const ring = search(held, []);
    if (ring) return ring;
  }
  return null;
}

/** `step → task (…)`. */
export function showEdge(edge: LockEdge): string {
  return `${keyOf(edge)} (${edge.example})`;
}

function keyOf({ held, wanted }: LockEdge): string {
  return `${held} → ${wanted}`;
}
