/** Ids whose tasks are to be read, each once. */
export interface News {
  /** A task that somebody watches by its id. */
  watched(taskId: number): void;
  /** A task that lists may show. False when there are too many: then the lists are to be fetched anew, and these are forgotten. */
  listed(taskId: number): boolean;
  /** Takes some, those that are watched by id first. */
  take(most: number): ReadonlySet<number>;
  clear(): void;
  readonly isEmpty: boolean;
}

/** I1: bounded: watched ids by the number of watchers, listed ones by `mostListed`. */
export function createNews(mostListed: number): News {
  const watched = new Set<number>();
  const listed = new Set<number>();
  return {
    watched(taskId) {
      watched.add(taskId);
      listed.delete(taskId);
    },
    listed(taskId) {
      if (watched.has(taskId)) return true;
      if (listed.size >= mostListed && !listed.has(taskId)) {
        listed.clear();
        return false;
      }
      listed.add(taskId);
      return true;
    },
    take(most) {
      const taken = new Set<number>();
      for (const ids of [watched, listed]) {
        for (const taskId of ids) {
          if (taken.size === most) return taken;
          taken.add(taskId);
          ids.delete(taskId);
        }
      }
      return taken;
    },
    clear() {
      watched.clear();
      listed.clear();
    },
    get isEmpty() {
      return watched.size === 0 && listed.size === 0;
    },
  };
}
