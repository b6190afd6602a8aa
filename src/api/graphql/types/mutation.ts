import { GraphQLID, GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import { ENDPOINTS } from '../../../contract/index.ts';
import { json } from '../../../contract/scalars.ts';
import { checkedBy } from '../../http/read-request.ts';
import type { GraphqlContext } from '../context.ts';
import { createTask } from '../create-task.ts';
import { onStep, onTask, onTasks } from '../mutations.ts';
import { DateTimeType } from './date-time.ts';
import { listOf, TEXT } from './field-types.ts';
import { JsonType } from './json.ts';

const REASON = { reason: { type: GraphQLString, description: 'Why; recorded with who.' } };
const IF_REVISION = {
  ifRevision: {
    type: GraphQLString,
    description: 'Changes it only if it still has the revision that was read.',
  },
};
const TAGS = { tags: { type: listOf(GraphQLString) } };
/** The step's id says which task is meant; only a step's name does not. */
const TASK_ID = { taskId: { type: GraphQLID } };

const taskMutations = {
  createTask: onTasks({
    name: 'CreateTask',
    permission: 'tasks:create',
    description: 'Creates a task, or answers the one that the same idempotency key created.',
    fields: {
      name: { type: TEXT, description: 'name, namespace/name or namespace/name@version.' },
      context: {
        type: new GraphQLNonNull(JsonType),
        description: 'A JSON object, or the same as text.',
      },
      initiator: { type: GraphQLString },
      sourceSystem: { type: GraphQLString },
      reason: { type: GraphQLString },
      ...TAGS,
      bypassSteps: { type: listOf(GraphQLString) },
      requestedAt: { type: DateTimeType },
      priority: { type: GraphQLInt },
      idempotencyKey: { type: GraphQLString },
    },
    act: createTask,
  }),
  updateTask: onTask({
    name: 'UpdateTask',
    permission: 'tasks:update',
    description: 'Changes the reason or the tags of a task.',
    fields: { reason: { type: GraphQLString }, ...TAGS, ...IF_REVISION },
    act({ taskId }, { input: { reason, tags, if_revision }, tasker }) {
      const body = checkedBy(ENDPOINTS.updateTask.body, { task: { reason, tags } }, '');
      const change = 'task' in body ? body.task : body;
      return tasker.updateTask(taskId, {
        ...(change.reason === undefined ? {} : { reason: change.reason }),
        ...(change.tags === undefined ? {} : { tags: change.tags }),
        ...ifRevision(if_revision),
      });
    },
  }),
  cancelTask: onTask({
    name: 'CancelTask',
    permission: 'tasks:cancel',
    description: 'Cancels a task.',
    fields: REASON,
    act: ({ taskId }, { by, tasker }) => tasker.cancelTask(taskId, by),
  }),
  retryTask: onTask({
    name: 'RetryTask',
    permission: 'tasks:retry',
    description: 'Sets a task in error going again, from its failed steps.',
    fields: REASON,
    act: ({ taskId }, { by, tasker }) => tasker.retryTask(taskId, by),
  }),
  resolveTask: onTask({
    name: 'ResolveTask',
    permission: 'tasks:resolve',
    description: 'Closes a task by hand: what had not finished is cancelled.',
    fields: REASON,
    act: ({ taskId }, { by, tasker }) => tasker.resolveTask(taskId, by),
  }),
  resetTask: onTask({
    name: 'ResetTask',
    permission: 'tasks:retry',
    description: 'Gives every unfinished step its full number of attempts again.',
    fields: REASON,
    act: ({ taskId }, { by, tasker }) => tasker.resetTask(taskId, by),
  }),
  annotateTask: onTask({
    name: 'AnnotateTask',
    permission: 'tasks:update',
    description: 'Annotates a task; a second annotation of a type replaces the first.',
    fields: {
      annotationType: { type: TEXT },
      annotation: { type: new GraphQLNonNull(JsonType) },
    },
    async act({ taskId }, { input, tasker }) {
      const note = checkedBy(ENDPOINTS.annotateTask.body, without('task_id', input), 'input');
      await tasker.annotate(taskId, note.annotation_type, note.annotation);
      return tasker.task(taskId);
    },
  }),
};

const stepMutations = {
  updateStep: onStep({
    name: 'UpdateStep',
    permission: 'steps:update',
    description: 'Changes the inputs or the retry limit of a step that has not finished.',
    fields: {
      taskId: { type: GraphQLInt },
      retryLimit: { type: GraphQLInt },
      inputs: { type: JsonType },
      ...REASON,
      ...IF_REVISION,
    },
    act({ taskId, name }, { input: { retry_limit, inputs, if_revision }, by, tasker }) {
      const asked = { workflow_step: { retry_limit, inputs } };
      const body = checkedBy(ENDPOINTS.updateStep.body, asked, '');
      const change = 'workflow_step' in body ? body.workflow_step : body;
      return tasker.updateStep(taskId, name, {
        ...by,
        ...(change.inputs === undefined ? {} : { inputs: change.inputs }),
        ...(change.retry_limit === undefined ? {} : { retryLimit: change.retry_limit }),
        ...ifRevision(if_revision),
      });
    },
  }),
  cancelStep: onStep({
    name: 'CancelStep',
    permission: 'steps:cancel',
    description: 'Cancels a step.',
    fields: { ...TASK_ID, ...REASON },
    act: ({ taskId, name }, { by, tasker }) => tasker.cancelStep(taskId, name, by),
  }),
  retryStep: onStep({
    name: 'RetryStep',
    permission: 'steps:retry',
    description: 'Lets a failed or waiting step run now.',
    fields: { ...TASK_ID, ...REASON },
    act: ({ taskId, name }, { by, tasker }) => tasker.retryStep(taskId, name, by),
  }),
  resetStep: onStep({
    name: 'ResetStep',
    permission: 'steps:retry',
    description: 'Gives a step its full number of attempts again.',
    fields: { ...TASK_ID, ...REASON },
    act: ({ taskId, name }, { by, tasker }) => tasker.resetStep(taskId, name, by),
  }),
  resolveStep: onStep({
    name: 'ResolveStep',
    permission: 'steps:resolve',
    description: 'Completes a step by hand, with the result that its dependents shall see.',
    fields: { ...TASK_ID, result: { type: JsonType }, ...REASON },
    act: ({ taskId, name }, { input: { result }, by, tasker }) =>
      tasker.resolveStep(taskId, name, {
        ...by,
        ...(result === undefined ? {} : { result: checkedBy(json, result, 'input.result') }),
      }),
  }),
};

export const MutationType: GraphQLObjectType<unknown, GraphqlContext> = new GraphQLObjectType<
  unknown,
  GraphqlContext
>({ name: 'Mutation', fields: { ...taskMutations, ...stepMutations } });

/** A revision that was read, as it stands in the input. */
function ifRevision(given: unknown): { readonly ifRevision?: string } {
  return typeof given === 'string' ? { ifRevision: given } : {};
}

function without(
  name: string,
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(input).filter(([key]) => key !== name));
}
