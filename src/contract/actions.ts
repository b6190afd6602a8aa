import { z } from 'zod';
import type { ErrorCode } from '../kernel/errors.ts';
import { stepDto } from './dto/step.ts';
import { taskDto } from './dto/task.ts';
import type { Endpoint } from './endpoint.ts';
import type { Permission } from './permissions.ts';
import { nothing, stepIdText, taskIdText } from './scalars.ts';
import { reasonBody, taskParams } from './task-request.ts';

/** What an operator's action is called, needs and does. */
export interface Action<Verb extends string> {
  readonly verb: Verb;
  readonly permission: Permission;
  readonly summary: string;
}

export const taskAnswer = z.object({ task: taskDto });
export const stepParams = z.object({ task_id: taskIdText, step_id: stepIdText });
export const stepAnswer = z.object({ step: stepDto });
const TASK_ERRORS: readonly ErrorCode[] = ['TASK_NOT_FOUND', 'TASK_STATE_CONFLICT'];
export const STEP_NOT_FOUND: readonly ErrorCode[] = ['TASK_NOT_FOUND', 'STEP_NOT_FOUND'];
export const STEP_CONFLICT: readonly ErrorCode[] = ['STEP_STATE_CONFLICT', 'TASK_STATE_CONFLICT'];

type TaskAction<Verb extends string> = Endpoint<
  `/tasks/:task_id/${Verb}`,
  typeof taskParams,
  typeof nothing,
  typeof reasonBody,
  { readonly 200: typeof taskAnswer }
>;

/** `POST /tasks/:task_id/<verb>` with a reason; answers the task as it then is. */
export function taskAction<const Verb extends string>(action: Action<Verb>): TaskAction<Verb> {
  return Object.freeze({
    method: 'POST',
    path: `/tasks/:task_id/${action.verb}`,
    chapter: 'tasks',
    summary: action.summary,
    permission: action.permission,
    params: taskParams,
    query: nothing,
    body: reasonBody,
    answers: { 200: taskAnswer },
    errors: TASK_ERRORS,
  });
}

type StepAction<Verb extends string> = Endpoint<
  `/tasks/:task_id/workflow_steps/:step_id/${Verb}`,
  typeof stepParams,
  typeof nothing,
  typeof reasonBody,
  { readonly 200: typeof stepAnswer }
>;

/** The same for a step. */
export function stepAction<const Verb extends string>(action: Action<Verb>): StepAction<Verb> {
  return Object.freeze({
    method: 'POST',
    path: `/tasks/:task_id/workflow_steps/:step_id/${action.verb}`,
    chapter: 'steps',
    summary: action.summary,
    permission: action.permission,
    params: stepParams,
    query: nothing,
    body: reasonBody,
    answers: { 200: stepAnswer },
    errors: [...STEP_NOT_FOUND, ...STEP_CONFLICT],
  });
}
