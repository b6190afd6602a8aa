import { GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import type { Resource } from '../../../contract/principal.ts';
import type { Task, TaskAnnotation, WorkflowStep } from '../../../model/task.ts';
import type { GraphqlContext } from '../context.ts';
import { guardedPart } from '../guard.ts';
import { DateTimeType } from './date-time.ts';
import { ID, INT, listOf, MOMENT, TEXT, TEXTS, YES_OR_NO } from './field-types.ts';
import { JsonType } from './json.ts';
import { definitionOfTask, NamedTaskType } from './named-task.ts';
import { TaskStatusType } from './statuses.ts';
import { createTaskAnnotationType } from './task-annotation.ts';
import { createWorkflowStepType } from './workflow-step.ts';

const resourceOf = ({ namespace, taskId }: Task): Resource => ({ namespace, taskId });

export const TaskType: GraphQLObjectType<Task, GraphqlContext> = new GraphQLObjectType<
  Task,
  GraphqlContext
>({
  name: 'Task',
  description: 'One run of a definition for one request.',
  fields: () => ({
    taskId: { type: ID },
    namespace: { type: TEXT },
    name: { type: TEXT },
    version: { type: TEXT, description: 'The version of the definition that it was born with.' },
    namedTaskId: { type: ID, resolve: (task) => task.definitionId },
    namedTask: guardedPart('definitions:read', resourceOf, {
      type: NamedTaskType,
      description: 'The definition that it runs on.',
      resolve: definitionOfTask,
    }),
    status: { type: new GraphQLNonNull(TaskStatusType) },
    complete: { type: YES_OR_NO, description: 'True when the status is complete.' },
    initiator: { type: GraphQLString },
    reason: { type: GraphQLString },
    sourceSystem: { type: GraphQLString },
    tags: { type: TEXTS },
    bypassSteps: { type: TEXTS, description: 'The steps that the request skips.' },
    priority: { type: INT },
    idempotencyKey: { type: GraphQLString },
    requestedAt: { type: MOMENT },
    createdAt: { type: MOMENT },
    startedAt: { type: DateTimeType },
    settledAt: { type: DateTimeType },
    updatedAt: { type: MOMENT },
    revision: { type: TEXT, description: 'Changes with every change of the task itself.' },
    context: guardedPart('tasks:read_context', resourceOf, {
      type: JsonType,
      description: 'The input of the task.',
      resolve: (task) => task.context,
    }),
    workflowSteps: guardedPart('steps:read', resourceOf, {
      type: listOf(WorkflowStepType),
      description: 'The steps, in the order of the definition.',
      size: 3,
      resolve: async ({ taskId }, { loaders, counted }) => counted(await loaders.steps(taskId)),
    }),
    taskAnnotations: guardedPart('tasks:read_context', resourceOf, {
      type: listOf(TaskAnnotationType),
      description: 'The annotations, oldest first.',
      size: 3,
      resolve: async ({ taskId }, { loaders, counted }) =>
        counted(await loaders.annotations(taskId)),
    }),
  }),
});

export const WorkflowStepType: GraphQLObjectType<WorkflowStep, GraphqlContext> =
  createWorkflowStepType(() => TaskType);

const TaskAnnotationType: GraphQLObjectType<TaskAnnotation, GraphqlContext> =
  createTaskAnnotationType(() => TaskType);
