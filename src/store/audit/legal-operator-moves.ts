import { STEP_MOVES, TASK_MOVES } from '../../model/status.ts';
import { type Law, SINCE } from './law.ts';

/** An operator moves tasks and steps only as the state machine allows. */
export const legalOperatorMoves: Law = {
  id: 'legal-operator-moves',
  title: 'An operator moves tasks and steps only as the state machine allows',
  explain: 'The log has a move that does not exist: a verb changed a row that it must not change.',
  sql: (t) => `
    with legal (of_step, from_status, to_status) as (values ${legalMoves()})
    select l.task_id, l.position, l.log_id, l.action, l.from_status, l.to_status
      from ${t.operator_log} as l
     where l.task_id >= ${SINCE}
       and l.from_status is distinct from l.to_status
       and not exists (select
                         from legal as m
                        where m.of_step = (l.position is not null) and m.from_status = l.from_status and m.to_status = l.to_status)`,
};

function legalMoves(): string {
  const rows = (moves: typeof STEP_MOVES | typeof TASK_MOVES, ofStep: boolean): readonly string[] =>
    moves
      .filter((m) => m.by !== 'engine' && m.from !== null)
      .map((m) => `(${ofStep}, '${m.from}', '${m.to}')`);
  return [...rows(STEP_MOVES, true), ...rows(TASK_MOVES, false)].join(', ');
}
