import { z } from 'zod';
import { TASK_STATUSES } from '../../model/status.ts';
import { moment } from '../scalars.ts';

/** How long a step takes, over the runs that were looked at. */
export const stepTimesDto = z
  .object({
    namespace: z.string(),
    task: z.string(),
    step: z.string(),
    runs: z.int().min(0),
    failures: z.int().min(0),
    average_ms: z.number().min(0),
    p95_ms: z.number().min(0),
    max_ms: z.number().min(0),
  })
  .meta({ id: 'StepTimes' });

/** How many tasks of a span of time have which status now. */
export const statusCountsDto = z
  .object({
    at: moment.meta({ description: 'The beginning of the span' }),
    counts: z.partialRecord(z.enum(TASK_STATUSES), z.int().min(0)),
  })
  .meta({ id: 'StatusCounts' });

/** What the figures rest on. */
export const coverage = {
  rows: z.int().min(0).meta({ description: 'Rows that were looked at' }),
  complete: z.boolean().meta({ description: 'False when only the latest rows were looked at' }),
};
