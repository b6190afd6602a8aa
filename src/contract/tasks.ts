import { z } from 'zod';
import { annotationDto } from './dto/annotation.ts';
import { definitionGraphDto } from './dto/definition.ts';
import { attemptDto } from './dto/step.ts';
import { operatorEntryDto } from './dto/system.ts';
import { createdTaskDto, taskDto } from './dto/task.ts';
import { taskAction, taskAnswer } from './actions.ts';
import { endpoint } from './endpoint.ts';
import { json, label, nothing, remark, tags } from './scalars.ts';
import { taskParams, taskRequestBody } from './task-request.ts';
import { taskListQuery } from './task-filter.ts';

export const listTasks = endpoint({
  method: 'GET',
  path: '/tasks',
  chapter: 'tasks',
  summary: 'List tasks',
  description:
    'Besides the parameters below, `context.<path>=<value>` finds tasks whose context has that value at that path.',
  permission: 'tasks:list',
  params: nothing,
  query: taskListQuery,
  body: null,
  answers: {
    200: z.object({
      tasks: z.array(taskDto),
      total: z.int().min(0).optional().meta({ description: 'How many match, at most 10,000' }),
      total_exact: z.boolean().optional().meta({ description: 'False when there are more' }),
      next_cursor: z.string().nullable(),
    }),
  },
  errors: ['INVALID_REQUEST'],
});

export const createTask = endpoint({
  method: 'POST',
  path: '/tasks',
  chapter: 'tasks',
  summary: 'Create a task, or up to 1,000 of one definition',
  description:
    'The body is the request itself, the request under `task`, or a list of requests with one name under `tasks` (all are stored, or none).',
  permission: 'tasks:create',
  params: nothing,
  query: nothing,
  body: z.union([
    taskRequestBody,
    z.strictObject({ task: taskRequestBody }),
    z.strictObject({ tasks: z.array(taskRequestBody).min(1).max(1_000) }),
  ]),
  answers: {
    201: z.union([taskAnswer, z.object({ tasks: z.array(createdTaskDto) })]),
    200: taskAnswer,
  },
  errors: [
    'DEFINITION_NOT_FOUND',
    'INVALID_CONTEXT',
    'UNSTORABLE_VALUE',
    'VALUE_TOO_LARGE',
    'DUPLICATE_TASK',
    'IDEMPOTENCY_CONFLICT',
    'UNKNOWN_BYPASS_STEP',
    'STEP_NOT_SKIPPABLE',
  ],
});

export const getTask = endpoint({
  method: 'GET',
  path: '/tasks/:task_id',
  chapter: 'tasks',
  summary: 'One task, with its steps and annotations',
  permission: 'tasks:read',
  params: taskParams,
  query: nothing,
  body: null,
  answers: { 200: taskAnswer },
  errors: ['TASK_NOT_FOUND'],
});

const taskChange = z.strictObject({
  reason: remark.optional(),
  tags: tags.optional(),
});

export const updateTask = endpoint({
  method: 'PATCH',
  also: 'PUT',
  path: '/tasks/:task_id',
  chapter: 'tasks',
  summary: 'Change the reason or the tags of a task',
  description: 'With `If-Match: "<revision>"` only if nobody has written the task since.',
  permission: 'tasks:update',
  params: taskParams,
  query: nothing,
  body: z.union([taskChange, z.strictObject({ task: taskChange })]),
  answers: { 200: taskAnswer },
  errors: ['TASK_NOT_FOUND', 'REVISION_CONFLICT', 'UNSTORABLE_VALUE'],
});

export const deleteTask = endpoint({
  method: 'DELETE',
  path: '/tasks/:task_id',
  chapter: 'tasks',
  summary: 'Cancel a task; its row is kept',
  permission: 'tasks:cancel',
  params: taskParams,
  query: nothing,
  body: null,
  answers: { 200: z.object({ cancelled: z.literal(true) }) },
  errors: ['TASK_NOT_FOUND', 'TASK_STATE_CONFLICT'],
});

export const cancelTask = taskAction({
  verb: 'cancel',
  permission: 'tasks:cancel',
  summary: 'Cancel a task',
});

export const retryTask = taskAction({
  verb: 'retry',
  permission: 'tasks:retry',
  summary: 'Set a task in error going again, from its failed steps',
});

export const resetTask = taskAction({
  verb: 'reset',
  permission: 'tasks:retry',
  summary: 'Give every unfinished step its full number of attempts again',
});

export const resolveTask = taskAction({
  verb: 'resolve',
  permission: 'tasks:resolve',
  summary: 'Close a task by hand: what had not finished is cancelled',
});

export const getTaskDefinition = endpoint({
  method: 'GET',
  path: '/tasks/:task_id/definition',
  chapter: 'tasks',
  summary: 'The definition that a task runs on, with its graph',
  permission: 'definitions:read',
  params: taskParams,
  query: nothing,
  body: null,
  answers: { 200: z.object({ definition: definitionGraphDto }) },
  errors: ['TASK_NOT_FOUND'],
});

export const listAttempts = endpoint({
  method: 'GET',
  path: '/tasks/:task_id/attempts',
  chapter: 'tasks',
  summary: 'Every attempt of a task, oldest first',
  permission: 'steps:read',
  params: taskParams,
  query: nothing,
  body: null,
  answers: { 200: z.object({ attempts: z.array(attemptDto) }) },
  errors: ['TASK_NOT_FOUND'],
});

export const listOperatorLog = endpoint({
  method: 'GET',
  path: '/tasks/:task_id/operator_log',
  chapter: 'tasks',
  summary: 'What operators did to a task, oldest first',
  permission: 'audit:read',
  params: taskParams,
  query: nothing,
  body: null,
  answers: { 200: z.object({ entries: z.array(operatorEntryDto) }) },
  errors: ['TASK_NOT_FOUND'],
});

export const listAnnotations = endpoint({
  method: 'GET',
  path: '/tasks/:task_id/annotations',
  chapter: 'annotations',
  summary: 'The annotations of a task',
  permission: 'tasks:read_context',
  params: taskParams,
  query: nothing,
  body: null,
  answers: { 200: z.object({ annotations: z.array(annotationDto) }) },
  errors: ['TASK_NOT_FOUND'],
});

export const annotateTask = endpoint({
  method: 'POST',
  path: '/tasks/:task_id/annotations',
  chapter: 'annotations',
  summary: 'Annotate a task; a second annotation of a type replaces the first',
  permission: 'tasks:update',
  params: taskParams,
  query: nothing,
  body: z.strictObject({ annotation_type: label, annotation: json }),
  answers: { 201: z.object({ annotations: z.array(annotationDto).optional() }) },
  errors: ['TASK_NOT_FOUND', 'UNSTORABLE_VALUE', 'VALUE_TOO_LARGE'],
});
