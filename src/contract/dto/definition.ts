import { z } from 'zod';
import { id, json, moment } from '../scalars.ts';

/** A stored version of a definition. */
export const definitionDto = z
  .object({
    definition_id: id,
    namespace: z.string(),
    name: z.string(),
    version: z.string(),
    content_hash: z.string(),
    steps: z.int().min(1).meta({ description: 'How many steps it has' }),
    created_at: moment,
  })
  .meta({ id: 'Definition' });

export type DefinitionDto = z.output<typeof definitionDto>;

/** A definition with its graph. */
export const definitionGraphDto = definitionDto
  .extend({
    description: z.string(),
    concurrency: z
      .int()
      .nullable()
      .meta({ description: 'Steps of one task that may run at once; null = no limit' }),
    priority: z.int(),
    schema: json.meta({ description: 'JSON Schema of the context, or null' }),
    step_templates: z.array(
      z
        .object({
          position: z.int().min(0),
          name: z.string(),
          description: z.string(),
          dependent_system: z.string(),
          kind: z.string(),
          queue: z.string(),
          depends_on: z.array(z.string()),
          retryable: z.boolean(),
          retry_limit: z.int().min(1),
          timeout_ms: z.int().nullable(),
          skippable: z.boolean(),
        })
        .meta({ id: 'StepTemplate' }),
    ),
  })
  .meta({ id: 'DefinitionGraph' });

export type DefinitionGraphDto = z.output<typeof definitionGraphDto>;
