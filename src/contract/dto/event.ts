import { z } from 'zod';
import { STEP_STATUSES, TASK_STATUSES } from '../../model/status.ts';
import { id, moment } from '../scalars.ts';

/** A task as it is now: what an event of the kind `task` carries. */
export const taskEventDto = z.object({
  task_id: id,
  namespace: z.string(),
  name: z.string(),
  status: z.enum(TASK_STATUSES),
  is_settled: z.boolean(),
  updated_at: moment,
  steps: z.record(z.enum(STEP_STATUSES), z.int().min(0)),
});

/** The last event of a stream that was to end with its task. */
export const endEventDto = z.object({ task_id: id, status: z.enum(TASK_STATUSES) });

export type TaskEventDto = z.output<typeof taskEventDto>;
export type EndEventDto = z.output<typeof endEventDto>;
