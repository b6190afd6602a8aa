import { z } from 'zod';
import { stepDto } from './dto/step.ts';
import { STEP_CONFLICT, STEP_NOT_FOUND, stepAction, stepAnswer, stepParams } from './actions.ts';
import { endpoint } from './endpoint.ts';
import { json, jsonObject, nothing, remark, wholeText } from './scalars.ts';
import { taskParams } from './task-request.ts';

export const listSteps = endpoint({
  method: 'GET',
  path: '/tasks/:task_id/workflow_steps',
  chapter: 'steps',
  summary: 'The steps of a task, in template order',
  permission: 'steps:read',
  params: taskParams,
  query: z.strictObject({
    limit: wholeText(1, 200).optional().meta({ description: 'Rows of a page; 20 by default' }),
    offset: wholeText(0, 65_536).optional(),
    sort_by: z.enum(['workflow_step_id', 'position', 'name', 'status', 'attempts']).optional(),
    sort_order: z.enum(['asc', 'desc']).optional(),
  }),
  body: null,
  answers: { 200: z.object({ steps: z.array(stepDto), total: z.int().min(0) }) },
  errors: ['TASK_NOT_FOUND'],
});

export const getStep = endpoint({
  method: 'GET',
  path: '/tasks/:task_id/workflow_steps/:step_id',
  chapter: 'steps',
  summary: 'One step',
  permission: 'steps:read',
  params: stepParams,
  query: nothing,
  body: null,
  answers: { 200: stepAnswer },
  errors: STEP_NOT_FOUND,
});

const stepChange = z
  .strictObject({
    retry_limit: z.int().min(1).max(1_000_000).optional(),
    inputs: jsonObject.optional(),
    reason: remark.optional(),
  })
  .refine(
    ({ retry_limit: limit, inputs }) => limit !== undefined || inputs !== undefined,
    'must have inputs or retry_limit',
  );

export const updateStep = endpoint({
  method: 'PATCH',
  also: 'PUT',
  path: '/tasks/:task_id/workflow_steps/:step_id',
  chapter: 'steps',
  summary: 'Change the inputs or the retry limit of a step that has not finished',
  description:
    'A task in error goes on when the new limit allows it. With `If-Match: "<revision>"` only if nobody has written the step since.',
  permission: 'steps:update',
  params: stepParams,
  query: nothing,
  body: z.union([stepChange, z.strictObject({ workflow_step: stepChange })]),
  answers: { 200: stepAnswer },
  errors: [...STEP_NOT_FOUND, ...STEP_CONFLICT, 'INVALID_CONTEXT', 'REVISION_CONFLICT'],
});

export const deleteStep = endpoint({
  method: 'DELETE',
  path: '/tasks/:task_id/workflow_steps/:step_id',
  chapter: 'steps',
  summary: 'Cancel a step; its row is kept',
  permission: 'steps:cancel',
  params: stepParams,
  query: nothing,
  body: null,
  answers: { 200: z.object({ cancelled: z.literal(true) }) },
  errors: [...STEP_NOT_FOUND, ...STEP_CONFLICT],
});

export const cancelStep = stepAction({
  verb: 'cancel',
  permission: 'steps:cancel',
  summary: 'Cancel a step',
});

export const retryStep = stepAction({
  verb: 'retry',
  permission: 'steps:retry',
  summary: 'Let a failed or waiting step run now',
});

export const resetStep = stepAction({
  verb: 'reset',
  permission: 'steps:retry',
  summary: 'Give a step its full number of attempts again',
});

export const resolveStep = endpoint({
  method: 'POST',
  path: '/tasks/:task_id/workflow_steps/:step_id/resolve',
  chapter: 'steps',
  summary: 'Complete a step by hand, with the result that its dependents shall see',
  permission: 'steps:resolve',
  params: stepParams,
  query: nothing,
  body: z.strictObject({ reason: remark.optional(), result: json.optional() }).optional(),
  answers: { 200: stepAnswer },
  errors: [...STEP_NOT_FOUND, ...STEP_CONFLICT, 'INVALID_RESULT', 'UNSTORABLE_VALUE'],
});
