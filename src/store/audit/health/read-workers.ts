import type { Connection } from '../../../db/db.ts';
import type { Tables } from '../../tables.ts';

/** The workers, counted by what is known of them, and the steps that nobody works on although somebody holds them. */
export interface WorkerFacts {
  readonly alive: number;
  /** Lease lapsed, not declared lost yet. */
  readonly silent: number;
  /** Declared lost in the last hour. */
  readonly lost: number;
  /** Steps in progress whose holder is silent, lost, stopped or unknown. */
  readonly abandonedSteps: number;
  /** Attempts that ended in the last hour because their worker was lost. */
  readonly lostAttempts: number;
}

/** Indexes: primary keys for the steps; the open tasks, the workers and the history are read whole, and both are small. */
export async function readWorkers(db: Connection, t: Tables): Promise<WorkerFacts> {
  const { rows } = await db.query({
    text: `
with known as (
  select worker_id, lost_at, stopped_at is null and lost_at is null as working, lease_expires_at >= ${t.clock} as leased
    from ${t.workers}
)
select (select count(*)::int from known where working and leased) as alive,
       (select count(*)::int from known where working and not leased) as silent,
       (select count(*)::int from known where lost_at > ${t.clock} - interval '1 hour') as lost,
       (select count(*)::int
          from ${t.open_tasks} as o
          join ${t.workflow_steps} as s on s.task_id = o.task_id
         where s.status = 'in_progress'
           and not exists (select from known as k where k.worker_id = s.worker_id and k.working and k.leased)) as abandoned_steps,
       (select count(*)::int
          from ${t.step_attempts}
         where outcome = 'lost' and finished_at > ${t.clock} - interval '1 hour') as lost_attempts`,
  });
  const row = rows[0];
  return {
    alive: Number(row?.['alive']),
    silent: Number(row?.['silent']),
    lost: Number(row?.['lost']),
    abandonedSteps: Number(row?.['abandoned_steps']),
    lostAttempts: Number(row?.['lost_attempts']),
  };
}
