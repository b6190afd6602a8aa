import { z } from 'zod';

/** An error on the wire: a problem document (RFC 9457) with the catalogue's code. */
export const problemDto = z
  .object({
    type: z.string().meta({ description: 'urn:tasker:error:CODE' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What is wrong, and with which thing' }),
    code: z.string().meta({ description: "The catalogue's code: branch on this" }),
    hint: z.string().meta({ description: 'What to do about it' }),
    request_id: z.string(),
    task_id: z.int().optional().meta({ description: 'The task that it is about' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each thing that is wrong in the request' }),
  })
  .meta({ id: 'Problem' });

export type ProblemDto = z.output<typeof problemDto>;
