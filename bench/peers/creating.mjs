/** Ways to create many tasks and to wait for them that several adapters use. */
import { setTimeout as delay } from 'node:timers/promises';

/** Calls `create` for the numbers 1 to `count`, so many at a time. */
export async function createEach(count, inFlight, create) {
  let next = 1;
  const senders = Array.from({ length: Math.min(count, inFlight) }, async () => {
    while (next <= count) {
      const number = next;
      next += 1;
      await create(number);
    }
  });
  await Promise.all(senders);
}

/** Calls `create` with the numbers 1 to `count`, in batches one after the other. */
export async function createBatches(count, size, create) {
  for (let from = 1; from <= count; from += size) {
    const length = Math.min(size, count - from + 1);
    await create(Array.from({ length }, (_, index) => from + index));
  }
}

/** Asks every few milliseconds until the answer is yes. */
export async function until(isSo) {
  while (!(await isSo())) await delay(5);
}

/** Waits until a query that counts answers at least `count`. */
export function untilCounted(pool, text, count) {
  return until(async () => Number((await pool.query(text)).rows[0].count) >= count);
}

/**
 * The steps as code, for peers where a workflow is a function: level after level, the steps of a level at once.
 *
 * @param {ReturnType<typeof import('../workloads.mjs').levelsOf>} levels
 * @param {(name: string, parents: readonly unknown[]) => Promise<unknown>} step the peer's durable step
 * @param {(promises: readonly Promise<unknown>[]) => Promise<readonly unknown[]>} [all] the peer's way to wait for several
 */
export async function runAsCode(levels, step, all = (promises) => Promise.all(promises)) {
  const results = new Map();
  for (const level of levels) {
    const promises = level.map(({ name, parents }) =>
      step(
        name,
        parents.map((parent) => results.get(parent)),
      ),
    );
    const values = promises.length === 1 ? [await promises[0]] : await all(promises);
    for (const [index, { name }] of level.entries()) results.set(name, values[index]);
  }
  return results.get(levels.at(-1)[0].name);
}
