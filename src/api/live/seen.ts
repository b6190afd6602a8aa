import type { TaskRevision } from '../../engine/progress.ts';

/** What a look at the revisions found. */
export interface Found {
  /** Tasks that differ from what was seen before, or were not seen. */
  readonly taskIds: readonly number[];
  /** So many new tasks, most of them unheard of, that some may have come and gone unseen. */
  readonly isFlooded: boolean;
}

/** The revisions in which tasks were last seen, by being read or by being looked at. */
export interface Seen {
  revisionOf(taskId: number): string | undefined;
  note(taskId: number, revision: string): void;
  /**
   * Compares what a look found. The first look at the newest tasks is where the comparison begins: it finds nothing among them.
   * `newest` is how many of the newest tasks it asked for; 0 for none.
   */
  compare(revisions: readonly TaskRevision[], newest: number): Found;
  clear(): void;
}

/** I1: bounded by what the last look covered and what was read since. */
export function createSeen(): Seen {
  let seen = new Map<number, string>();
  /** Open tasks of the last look at the newest ones; null before the first. */
  let open: ReadonlySet<number> | null = null;
  let highest = 0;
  return {
    revisionOf: (taskId) => seen.get(taskId),
    note: (taskId, revision) => void seen.set(taskId, revision),
    compare(revisions, newest) {
      const isFirst = newest > 0 && open === null;
      const found: number[] = [];
      const kept = new Map<number, string>();
      for (const { taskId, revision } of revisions) {
        const known = seen.get(taskId);
        if (known !== revision && (known !== undefined || !isFirst)) found.push(taskId);
        // What differs keeps its old revision until it is read.
        const keep = known ?? (isFirst ? revision : undefined);
        if (keep !== undefined) kept.set(taskId, keep);
      }
      // What was open and is not among the newest any more: settled, or pushed out by others.
      for (const taskId of open ?? []) {
        const known = seen.get(taskId);
        if (kept.has(taskId) || known === undefined) continue;
        found.push(taskId);
        kept.set(taskId, known);
      }
      // Tasks that hints told in time are no flood, and a few are always on their way.
      const fresh = revisions.filter(({ taskId }) => taskId > highest);
      const unheard = fresh.filter(({ taskId }) => !seen.has(taskId));
      const isFlooded =
        !isFirst && newest > 0 && fresh.length >= newest && unheard.length * 2 >= newest;
      seen = kept;
      open =
        newest === 0
          ? null
          : new Set(revisions.flatMap(({ taskId, isOpen }) => (isOpen ? [taskId] : [])));
      highest = Math.max(highest, revisions.at(-1)?.taskId ?? 0);
      return { taskIds: found, isFlooded };
    },
    clear() {
      seen = new Map();
      open = null;
      highest = 0;
    },
  };
}
