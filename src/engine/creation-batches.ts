/** Tasks of one statement, at most. */
const MOST_TASKS = 500;
/** Step rows of one statement, at most: some two seconds of work, where a session's statements may take 30. */
const MOST_STEPS = 50_000;
/** Characters of contexts in one statement, at most. PostgreSQL takes no JSON of more than 255 MB. */
const MOST_TEXT = 8_388_608;

/** A part of a list: from `from` up to and without `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts the requests of one call into those of its statements: by number, by the steps of their tasks and by the size of their contexts.
 * A request that is too large for itself is alone.
 */
export function creationBatches(
  requests: readonly { readonly contextText: string }[],
  stepsEach: number,
): readonly Span[] {
  const most = Math.max(1, Math.min(MOST_TASKS, Math.floor(MOST_STEPS / stepsEach)));
  const batches: Span[] = [];
  let from = 0;
  let text = 0;
  for (const [index, { contextText }] of requests.entries()) {
    const isFull = index - from === most || text + contextText.length > MOST_TEXT;
    if (isFull && index > from) {
      batches.push({ from, to: index });
      from = index;
      text = 0;
    }
    text += contextText.length;
  }
  if (from < requests.length) batches.push({ from, to: requests.length });
  return batches;
}
