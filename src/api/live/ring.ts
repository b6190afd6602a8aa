import type { Subject } from './subject.ts';

/** A change that was published: its place in the order, the task as it was then, and the bytes that tell it. */
export interface Published {
  readonly seq: number;
  readonly subject: Subject;
  readonly frame: Uint8Array;
}

/** The last changes, for watchers who were away. */
export interface Ring {
  add(published: Published): void;
  /** Forgets everything: nothing before this place can be told any more. */
  cut(seq: number): void;
  /** What was published after this place, or null when that is not known completely. */
  after(seq: number): readonly Published[] | null;
}

/** Keeps `size` changes. I1: between `since` and the newest change nothing is missing. */
export function createRing(size: number): Ring {
  let kept: Published[] = [];
  let since = 0;
  return {
    add(published) {
      kept.push(published);
      if (kept.length < size * 2) return; // cutting in batches keeps adding cheap
      kept = kept.slice(-size);
      since = (kept[0]?.seq ?? 1) - 1;
    },
    cut(seq) {
      kept = [];
      since = seq;
    },
    after(seq) {
      const oldest = Math.max(since, (kept.at(-size)?.seq ?? 0) - 1);
      if (seq < oldest) return null;
      return kept.filter((published) => published.seq > seq);
    },
  };
}
