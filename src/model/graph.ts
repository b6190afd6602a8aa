/** The shape of a task: for every position, the positions it depends on. Pure functions; positions count from 0. */
export type Parents = readonly (readonly number[])[];

/** For every position, the positions that depend on it, ascending. */
export function childrenOf(parents: Parents): readonly (readonly number[])[] {
  const children: number[][] = parents.map(() => []);
  parents.forEach((list, position) => list.forEach((parent) => children[parent]?.push(position)));
  return children;
}

/**
 * One cycle as a path of positions that ends where it began (`[1, 4, 1]`: 1 depends on 4 depends on 1), or null.
 * Iterative, so that a chain of any length is safe; O(steps + dependencies).
 */
export function findCycle(parents: Parents): readonly number[] | null {
  const state = new Uint8Array(parents.length); // 0 unseen, 1 on the path, 2 done
  for (let root = 0; root < parents.length; root += 1) {
    if (state[root] !== 0) continue;
    const path: { position: number; next: number }[] = [{ position: root, next: 0 }];
    state[root] = 1;
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top === undefined) break;
      const parent = parents[top.position]?.[top.next];
      if (parent === undefined) {
        state[top.position] = 2;
        path.pop();
        continue;
      }
      top.next += 1;
      if (state[parent] === 1) {
        const start = path.findIndex((entry) => entry.position === parent);
        return [...path.slice(start).map((entry) => entry.position), parent];
      }
      if (state[parent] === 0) {
        state[parent] = 1;
        path.push({ position: parent, next: 0 });
      }
    }
  }
  return null;
}

/** All positions that depend on the given ones, directly or not (without the given ones themselves). */
export function descendantsOf(
  children: readonly (readonly number[])[],
  from: Iterable<number>,
): ReadonlySet<number> {
  const start = new Set(from);
  const found = new Set<number>();
  const open = [...start];
  for (let position = open.pop(); position !== undefined; position = open.pop()) {
    for (const child of children[position] ?? []) {
      if (!found.has(child)) {
        found.add(child);
        open.push(child);
      }
    }
  }
  return found;
}
