import type { Path, ProblemCode } from '../problem.ts';

/** A fault of the file's structure at a place of its text. */
export interface TreeFault {
  readonly code: ProblemCode;
  readonly offset: number;
  /** End of the place, for the marks below it. */
  readonly end: number;
  readonly message: string;
}

/** A stretch of the text, in UTF-16 units from its start. */
export type Stretch = readonly [start: number, end: number];

/** Where a member stands: its key (for list elements, its value again) and its value. */
export interface Place {
  readonly key: Stretch;
  readonly value: Stretch;
}

/** The key of a path in `Tree.places`. */
export function placeKey(path: Path): string {
  return JSON.stringify(path);
}
