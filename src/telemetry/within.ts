/**
 * The answer of something that may never answer, or what stands for its silence. The work goes on: its late answer or failure is
 * nobody's any more.
 */
export async function within<T, Silence>(
  ms: number,
  work: Promise<T>,
  silence: Silence,
): Promise<T | Silence> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Silence>((resolve) => {
    timer = setTimeout(() => resolve(silence), ms);
  });
  work.catch(() => undefined); // read by the race below; after the race it is nobody's
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks at most one question at a time, and gives an answer of the last `freshMs` to everybody who asks meanwhile: many scrapers and
 * probes cost the database no more than one.
 */
export function shared<T>(freshMs: number, ask: () => Promise<T>): () => Promise<T> {
  let asked: { readonly answer: Promise<T>; answeredMs: number | null } | null = null;
  return () => {
    const isFresh =
      asked !== null &&
      (asked.answeredMs === null || performance.now() - asked.answeredMs < freshMs);
    if (asked !== null && isFresh) return asked.answer;
    const answer = ask();
    const mine = { answer, answeredMs: null as number | null }; // sound: null until it answers
    asked = mine;
    answer.then(
      () => void (mine.answeredMs = performance.now()),
      () => void (mine.answeredMs = -Infinity), // a failure is not kept
    );
    return answer;
  };
}
