import { z } from 'zod';
import { jsonObject, momentText, remark, tags, taskIdText, text } from './scalars.ts';

/** A path that names a task. */
export const taskParams = z.object({ task_id: taskIdText });

/** What a caller asks for: the seed's fields and ours. */
export const taskRequestBody = z
  .strictObject({
    name: text.meta({ description: '`name`, `namespace/name` or `namespace/name@version`' }),
    context: jsonObject,
    initiator: remark.optional(),
    reason: remark.optional(),
    source_system: remark.optional(),
    tags: tags.optional(),
    bypass_steps: z
      .array(remark)
      .max(65_536)
      .optional()
      .meta({ description: 'At most as many as the task has steps' }),
    requested_at: momentText.optional(),
    priority: z.int().min(-1_000).max(1_000).optional(),
    idempotency_key: text.optional(),
  })
  .meta({ id: 'TaskRequest' });

export type TaskRequestBody = z.output<typeof taskRequestBody>;

/** Why an operator acts. */
export const reasonBody = z
  .strictObject({ reason: remark.optional() })
  .optional()
  .meta({ description: 'Why; recorded with who' });
