import { z } from 'zod';
import { TASK_STATUSES } from '../../model/status.ts';
import { id, json, moment, momentOrNull } from '../scalars.ts';
import { annotationDto } from './annotation.ts';
import { stepDto } from './step.ts';

/** A task on the wire. The context is there only for callers who may see it; steps and annotations where they were asked for. */
export const taskDto = z
  .object({
    task_id: id,
    namespace: z.string(),
    name: z.string(),
    version: z.string(),
    definition_id: id,
    status: z.enum(TASK_STATUSES),
    complete: z.boolean(),
    initiator: z.string(),
    reason: z.string(),
    source_system: z.string(),
    tags: z.array(z.string()),
    bypass_steps: z.array(z.string()),
    priority: z.int(),
    idempotency_key: z.string().nullable(),
    requested_at: moment,
    created_at: moment,
    started_at: momentOrNull,
    settled_at: momentOrNull,
    updated_at: moment,
    revision: z.string().meta({ description: 'Changes with every write; see If-Match' }),
    context: json.optional(),
    workflow_steps: z.array(stepDto).optional(),
    task_annotations: z.array(annotationDto).optional(),
  })
  .meta({ id: 'Task' });

export type TaskDto = z.output<typeof taskDto>;

/** What a request for one of many tasks came to. */
export const createdTaskDto = z
  .object({
    task_id: id,
    created: z.boolean().meta({ description: 'False when its idempotency key found it stored' }),
  })
  .meta({ id: 'CreatedTask' });
