import { at } from '../sound-state.ts';
import { logged, step, task, type Fault } from './fault.ts';

/** Faults in what operators did. */
export const OPERATOR_FAULTS: readonly Fault[] = [
  {
    law: 'legal-operator-moves',
    what: 'an operator completed a step',
    sql: logged(`1, 0, ${at(3)}, 'x', 'ann', '', 'pending', 'complete'`),
  },
  {
    law: 'legal-operator-moves',
    what: 'an operator reopened a task',
    sql: logged(`1, null, ${at(3)}, 'x', 'ann', '', 'complete', 'in_progress'`),
  },
  {
    law: 'final-stays-final',
    what: 'a cancelled step is complete',
    sql: logged(`1, 0, ${at(3)}, 'cancel', 'ann', '', 'pending', 'cancelled'`),
  },
  {
    law: 'final-stays-final',
    what: 'a cancelled task is complete',
    sql: logged(`1, null, ${at(3)}, 'cancel', 'ann', '', 'in_progress', 'cancelled'`),
  },
  {
    law: 'final-stays-final',
    what: 'nobody resolved a resolved step',
    sql: step(1, 0, `status = 'resolved_manually'`),
  },
  {
    law: 'final-stays-final',
    what: 'nobody resolved a resolved task',
    sql: task(1, `status = 'resolved_manually', failed_at = settled_at`),
  },
];
