import type { Milliseconds } from '../../kernel/duration.ts';

/** How long a host's decision may take before the answer is no. */
export const DECISION_MS: Milliseconds = 5_000;

/** It took too long; whatever it says later is not heard. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/** The answer of the work, if it comes in time. @throws TookTooLong, or what the work throws */
export async function withinTime<T>(work: () => Promise<T> | T, ms: Milliseconds): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([Promise.resolve().then(work), end]);
  } finally {
    clearTimeout(timer);
  }
}
