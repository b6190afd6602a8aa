/** How soon work went on elsewhere, by the database's own times. */

/**
 * For every step that a killed worker held: the time from the kill to the next claim of the step. The clocks are one: the servers run on
 * the machine of this process, whose clock nobody bends.
 *
 * @param {{ cluster: object, schema: string, leaseMs: number, kills: readonly { pid: number, at: number }[],
 *   disturbances: readonly { fromMs: number, toMs: number | null }[] }} options
 * @returns {Promise<{ all: readonly number[], undisturbed: readonly number[] }>} milliseconds, in order; `undisturbed`: from the kill until
 *   it should have recovered, the database was there, and no other worker was paused, blind or slow
 */
export async function recoveryTimes({ cluster, schema, leaseMs, kills, disturbances }) {
  const rows = await cluster.ask(TEXT.replaceAll('{schema}', schema), [
    kills.map(({ pid }) => pid),
    kills.map(({ at }) => at),
  ]);
  const times = rows.map(({ ms, killed_at: killedAt }) => ({
    ms: Number(ms),
    killedAt: Number(killedAt),
  }));
  const isDisturbed = ({ killedAt }) =>
    disturbances.some(
      ({ fromMs, toMs }) =>
        (toMs ?? Infinity) + leaseMs > killedAt && fromMs < killedAt + leaseMs + SCAN_MS,
    );
  return {
    all: inOrder(times),
    undisturbed: inOrder(times.filter((time) => !isDisturbed(time))),
  };
}

/** How soon after the lease a lost worker is found. */
export const SCAN_MS = 3_000;

/** A pid may come again: only what was claimed before the kill, and lost after it, was held by its victim. */
const TEXT = `
with kills as (
  select * from unnest($1::int[], $2::float8[]) as k (pid, killed_at)
), held as (
  select a.task_id, a.position, a.attempt, k.killed_at
    from kills as k
    join {schema}.workers as w on w.pid = k.pid
    join {schema}.step_attempts as a on a.worker_id = w.worker_id and a.outcome = 'lost'
   where date_part('epoch', a.started_at) * 1000 <= k.killed_at and date_part('epoch', a.finished_at) * 1000 > k.killed_at
)
select h.killed_at, date_part('epoch', coalesce(next.started_at, s.started_at)) * 1000 - h.killed_at as ms
  from held as h
  join {schema}.workflow_steps as s on s.task_id = h.task_id and s.position = h.position
  left join {schema}.step_attempts as next
    on next.task_id = h.task_id and next.position = h.position and next.attempt = h.attempt + 1
 where s.attempts > h.attempt`;

function inOrder(times) {
  return times.map(({ ms }) => ms).sort((one, other) => one - other);
}

/** @param {readonly number[]} sorted @returns {number | null} whole milliseconds; null of nothing */
export function percentile(sorted, share) {
  if (sorted.length === 0) return null;
  return Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]);
}
