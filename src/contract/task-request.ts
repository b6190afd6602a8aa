import { z } from 'zod';
import { jsonObject, momentText, taskIdText, text } from './scalars.ts';

/** A path that names a task. */
export const taskParams = z.object({ task_id: taskIdText });

/** What a caller asks for: the seed's fields and ours. */
export const taskRequestBody = z
  .strictObject({
    name: text.meta({ description: '`name`, `namespace/name` or `namespace/name@version`' }),
    context: jsonObject,
    initiator: text.optional(),
    reason: text.optional(),
    source_system: text.optional(),
    tags: z.array(z.string().min(1).max(255)).max(100).optional(),
    bypass_steps: z.array(text).max(1_000).optional(),
    requested_at: momentText.optional(),
    priority: z.int().min(-1_000).max(1_000).optional(),
    idempotency_key: text.optional(),
  })
  .meta({ id: 'TaskRequest' });

export type TaskRequestBody = z.output<typeof taskRequestBody>;

/** Why an operator acts. */
export const reasonBody = z
  .strictObject({ reason: text.optional() })
  .optional()
  .meta({ description: 'Why; recorded with who' });
