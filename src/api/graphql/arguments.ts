import { z } from 'zod';
import { GraphQLInt, GraphQLString } from 'graphql';
import { stepIdText, taskIdText } from '../../contract/scalars.ts';
import { TaskerError } from '../../kernel/errors.ts';
import { splitWorkflowStepId } from '../../model/task.ts';
import type { TaskOrder } from '../../engine/list-types.ts';
import { checkedBy } from '../http/read-request.ts';

/** Arguments of a list of tasks. */
export interface OrderArguments {
  readonly sortBy?: string | null;
  readonly sortOrder?: string | null;
}

export interface PageArguments extends OrderArguments {
  readonly limit?: number | null;
  readonly offset?: number | null;
}

export const ORDER_ARGUMENTS = {
  sortBy: {
    type: GraphQLString,
    defaultValue: 'requested_at',
    description: 'task_id, requested_at or created_at.',
  },
  sortOrder: { type: GraphQLString, defaultValue: 'desc', description: 'asc or desc.' },
};

export const PAGE_ARGUMENTS = {
  limit: { type: GraphQLInt, defaultValue: 20, description: '1 to 200.' },
  offset: {
    type: GraphQLInt,
    defaultValue: 0,
    description: '0 to 10,000; for more, use taskConnection.',
  },
  ...ORDER_ARGUMENTS,
};

const orderSchema = z.object({
  sortBy: z.enum(['task_id', 'requested_at', 'created_at']),
  sortOrder: z.enum(['asc', 'desc']),
});

/** @throws INVALID_REQUEST for another column or direction */
export function orderOf({ sortBy, sortOrder }: OrderArguments): {
  readonly sortBy: TaskOrder;
  readonly sortOrder: 'asc' | 'desc';
} {
  const asked = { sortBy: sortBy ?? 'requested_at', sortOrder: sortOrder ?? 'desc' };
  return checkedBy(orderSchema, asked, '');
}

/** @throws INVALID_REQUEST (limit and offset are checked by the engine, which knows their bounds) */
export function pageOf(args: PageArguments) {
  return { ...orderOf(args), limit: args.limit ?? 20, offset: args.offset ?? 0 };
}

const taskIdSchema = z.object({ taskId: taskIdText });
const stepIdSchema = z.object({ stepId: stepIdText });

/** The task that an ID names. @throws INVALID_REQUEST */
export function taskIdOf({ taskId }: { readonly taskId: string | number }): number {
  return checkedBy(taskIdSchema, { taskId: String(taskId) }, '').taskId;
}

/** How arguments name a step: by its own id, which says the task too, or by the task and the step's id or name. */
export interface StepArguments {
  readonly taskId?: string | number | null;
  readonly stepId: string;
}

/** The task of a step. @throws INVALID_REQUEST */
export function taskIdOfStep({ taskId, stepId }: StepArguments): number {
  const checked = checkedBy(stepIdSchema, { stepId }, '').stepId;
  if (taskId !== undefined && taskId !== null) return taskIdOf({ taskId });
  if (/^\d{1,16}$/.test(checked))
    return taskIdOf({ taskId: splitWorkflowStepId(Number(checked)).taskId });
  const problem = 'taskId is missing: only a step id says which task is meant, not a step name';
  throw new TaskerError('INVALID_REQUEST', { problem });
}

/** Arguments as members of a request body: names in snake_case, and what is null was not given. */
export function toWire(args: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(args)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]: [string, unknown]) => [
        name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
  );
}
