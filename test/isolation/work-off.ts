import type { EngineParts } from '../../src/engine/parts.ts';
import { reapLost } from '../../src/engine/reap.ts';
import { settleTasks } from '../../src/engine/settle.ts';
import { NEW_WORKER } from '../race/lab.ts';
import { completion } from './verbs.ts';

/** More rounds than any task of a scenario has steps. */
const MOST_ROUNDS = 10;

/**
 * Works off what an interleaving has left, as the engine does in the course of time: every worker dies, their leases lapse, what they held
 * comes back, every retry becomes due, and a new worker does all there is.
 *
 * @returns the tasks that are still open then: work that nothing will ever move
 */
export async function workOff(parts: EngineParts): Promise<readonly string[]> {
  const { db, store } = parts;
  const t = store.tables;
  await db.query({
    text: `update ${t.workers} set lease_expires_at = now() - interval '1 second'`,
  });
  const workerId = await store.registerWorker(db, NEW_WORKER);
  await reapLost(parts, { except: workerId });
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await db.query({ text: `update ${t.ready_steps} set due = true where not due` });
    const request = { workerId, queue: 'default', room: 100, excluded: [] };
    const { claimed } = await store.advanceSteps(db, { ...request, completions: [] });
    if (claimed.length === 0) break;
    const completions = claimed.map((step) => completion(parts, step, 'queue'));
    const { toSettle } = await store.advanceSteps(db, { ...request, room: 0, completions });
    await settleTasks(parts, toSettle);
  }
  const { rows } = await db.query({
    text: `select task_id, status::text as status from ${t.tasks} where status in ('pending', 'in_progress') order by task_id`,
  });
  return rows.map(
    (row) => `task ${String(row['task_id'])} stands still in ${String(row['status'])}`,
  );
}
