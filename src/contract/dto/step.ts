import { z } from 'zod';
import { STEP_STATUSES } from '../../model/status.ts';
import { id, json, moment, momentOrNull } from '../scalars.ts';
import { storedErrorDto } from './stored-error.ts';

/** A step on the wire. Inputs, results and errors are there only for callers who may see them. */
export const stepDto = z
  .object({
    workflow_step_id: id,
    task_id: id,
    named_step_id: id,
    position: z.int().min(0),
    name: z.string(),
    description: z.string(),
    dependent_system: z.string(),
    kind: z.string(),
    queue: z.string(),
    status: z.enum(STEP_STATUSES),
    attempts: z.int().min(0),
    retry_limit: z.int().min(1),
    retryable: z.boolean(),
    skippable: z.boolean(),
    processed: z.boolean().meta({ description: 'Nothing more is needed of this step' }),
    in_process: z.boolean(),
    processed_at: momentOrNull,
    last_attempted_at: momentOrNull,
    ready_at: momentOrNull.meta({ description: 'When the next attempt may start' }),
    backoff_request_seconds: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Seconds between the last attempt and the next, while it waits' }),
    waiting_on: z.int().min(0).meta({ description: 'Steps that must finish first' }),
    worker_id: id.nullable(),
    parents_ids: z.array(id),
    children_ids: z.array(id),
    siblings_ids: z.array(id).meta({ description: 'Other steps with exactly the same parents' }),
    revision: z.string().meta({ description: 'Changes with every write; see If-Match' }),
    inputs: json.optional(),
    results: json.optional(),
    error: storedErrorDto.nullable().optional(),
  })
  .meta({ id: 'Step' });

export type StepDto = z.output<typeof stepDto>;

/** One run of a step's handler. */
export const attemptDto = z
  .object({
    step: z.string(),
    attempt: z.int().min(1),
    outcome: z.enum(['running', 'success', 'error', 'timeout', 'lost', 'cancelled']),
    worker_id: id.nullable(),
    started_at: moment,
    finished_at: momentOrNull,
    error: storedErrorDto.nullable().optional(),
  })
  .meta({ id: 'Attempt' });

export type AttemptDto = z.output<typeof attemptDto>;
