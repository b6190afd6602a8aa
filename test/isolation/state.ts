import type { Db } from '../../src/db/db.ts';

/**
 * The steps and the status of tasks in words, without ids and times, so that equal ends read equal:
 * `a complete, b pending queued, c error ×2 | task in_progress`.
 */
export async function stateOf(db: Db, schema: string, taskIds: readonly number[]): Promise<string> {
  const text = `
select s.task_id,
       string_agg(format('%s %s%s%s', n.name, s.status, case when s.attempts > 1 then ' ×' || s.attempts end,
                         case when r.due then ' queued' when not r.due then ' waiting' end), ', ' order by s.position) as steps,
       (select task.status::text from ${schema}.tasks as task where task.task_id = s.task_id) as task
  from ${schema}.workflow_steps as s
  join ${schema}.tasks as of_task on of_task.task_id = s.task_id
  join ${schema}.named_steps as n on n.definition_id = of_task.definition_id and n.position = s.position
  left join ${schema}.ready_steps as r on r.task_id = s.task_id and r.position = s.position
 where s.task_id = any ($1::bigint[])
 group by s.task_id
 order by s.task_id`;
  const { rows } = await db.query({ text, name: 'state', values: [`{${taskIds.join(',')}}`] });
  return rows.map((row) => `${String(row['steps'])} | task ${String(row['task'])}`).join(' || ');
}
