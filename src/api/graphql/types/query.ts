import { GraphQLID, GraphQLInt, GraphQLObjectType, GraphQLString } from 'graphql';
import { z } from 'zod';
import { taskIdText } from '../../../contract/scalars.ts';
import type { ObjectMapRequest, StoredDefinitionRequest } from '../../../engine/list-types.ts';
import { TASK_STATUSES } from '../../../model/status.ts';
import { checkedBy } from '../../http/read-request.ts';
import { stepNamed } from '../../rest/steps.ts';
import {
  ORDER_ARGUMENTS,
  PAGE_ARGUMENTS,
  taskIdOf,
  taskIdOfStep,
  type PageArguments,
  type StepArguments,
} from '../arguments.ts';
import type { GraphqlContext } from '../context.ts';
import { guarded, guardedTask } from '../guard.ts';
import { connectTasks, listTasks, type ConnectionArguments } from '../list-tasks.ts';
import { AnnotationTypeType } from './annotation-type.ts';
import { DependentSystemType } from './dependent-system.ts';
import { ID, listOf, TEXT } from './field-types.ts';
import { NamedTaskType } from './named-task.ts';
import { ObjectMapType } from './object-map.ts';
import { TaskConnectionType } from './task-connection.ts';
import { TaskFilterType } from './task-filter.ts';
import { TaskType, WorkflowStepType } from './task.ts';
import { WorkerType } from './worker.ts';

const TASKS = { type: listOf(TaskType), size: 'limit' } as const; // sound: the literal that ListSize names
const AFTER = { type: GraphQLID, description: 'The id that the page before ended with.' };
const LIMIT = { type: GraphQLInt, defaultValue: 20, description: '1 to 200.' };
const statusSchema = z.object({ status: z.enum(TASK_STATUSES) });
const afterSchema = z.object({ after: taskIdText.optional() });

const taskQueries = {
  tasks: guarded<PageArguments>('tasks:list', {
    ...TASKS,
    description: 'Tasks, newest request first.',
    args: PAGE_ARGUMENTS,
    resolve: (page, context) => listTasks({}, page, context),
  }),
  tasksByStatus: guarded<PageArguments & { readonly status: string }>('tasks:list', {
    ...TASKS,
    description: 'Tasks of one status.',
    args: { status: { type: TEXT }, ...PAGE_ARGUMENTS },
    resolve({ status, ...page }, context) {
      const checked = checkedBy(statusSchema, { status }, '');
      return listTasks({ status: [checked.status] }, page, context);
    },
  }),
  tasksByAnnotation: guarded<PageArguments & AnnotationArguments>('tasks:list', {
    ...TASKS,
    description: 'Tasks with an annotation of this type in which this key has this value.',
    args: {
      annotationType: { type: TEXT },
      annotationKey: { type: TEXT },
      annotationValue: { type: TEXT },
      ...PAGE_ARGUMENTS,
    },
    resolve(
      { annotationType: type, annotationKey: key, annotationValue: value, ...page },
      context,
    ) {
      return listTasks({ annotation: { type, key, value } }, page, context);
    },
  }),
  taskConnection: guarded<ConnectionArguments>('tasks:list', {
    type: TaskConnectionType,
    description: 'Tasks that a filter finds, page by page with cursors.',
    args: {
      filter: { type: TaskFilterType },
      first: LIMIT,
      after: { type: GraphQLString, description: 'The endCursor of the page before.' },
      ...ORDER_ARGUMENTS,
    },
    resolve: connectTasks,
  }),
  task: guardedTask<{ readonly taskId: string }>('tasks:read', taskIdOf, {
    type: TaskType,
    description: 'One task.',
    args: { taskId: { type: ID } },
    resolve: (task) => task,
  }),
  step: guardedTask<StepArguments>('steps:read', taskIdOfStep, {
    type: WorkflowStepType,
    description: 'One step, by its id alone or by its task and its id or name.',
    args: { taskId: { type: GraphQLInt }, stepId: { type: ID } },
    resolve: (task, { stepId }, { parts }) =>
      parts.tasker.step(task.taskId, stepNamed(task, stepId)),
  }),
};

const catalogQueries = {
  annotationTypes: guarded('tasks:list', {
    type: listOf(AnnotationTypeType),
    description: 'The types of annotations, by name.',
    size: 20,
    resolve: async (_, { parts, counted }) => counted(await parts.tasker.annotationTypes()),
  }),
  definitions: guarded<DefinitionArguments>('definitions:read', {
    type: listOf(NamedTaskType),
    description: 'The stored definitions, every version of each, newest first.',
    size: 'limit',
    args: {
      namespace: { type: GraphQLString },
      name: { type: GraphQLString },
      limit: { ...LIMIT, description: '1 to 1,000.' },
      after: AFTER,
    },
    resolve: async (args, { access, parts, counted }) =>
      counted(await parts.tasker.storedDefinitions({ ...definitionsAsked(args), ...access.scope })),
  }),
  workers: guarded('workers:read', {
    type: listOf(WorkerType),
    description: 'The workers of the last day, newest first.',
    size: 20,
    resolve: async (_, { parts, counted }) => counted(await parts.tasker.workers()),
  }),
  dependentSystems: guarded('systems:read', {
    type: listOf(DependentSystemType),
    description: 'The systems that steps depend on or objects belong to, by name.',
    size: 20,
    resolve: async (_, { parts, counted }) => counted(await parts.tasker.dependentSystems()),
  }),
  objectMaps: guarded<ObjectMapArguments>('systems:read', {
    type: listOf(ObjectMapType),
    description: 'Pairs of objects, oldest first, of one system or one object if so asked.',
    size: 'limit',
    args: {
      system: { type: GraphQLString },
      id: { type: GraphQLString, description: 'The id of an object in this system.' },
      limit: LIMIT,
      after: AFTER,
    },
    resolve: async (args, { parts, counted }) =>
      counted(await parts.tasker.objectMaps(objectMapsAsked(args))),
  }),
};

export const QueryType: GraphQLObjectType<unknown, GraphqlContext> = new GraphQLObjectType<
  unknown,
  GraphqlContext
>({ name: 'Query', fields: { ...taskQueries, ...catalogQueries } });

interface AnnotationArguments {
  readonly annotationType: string;
  readonly annotationKey: string;
  readonly annotationValue: string;
}

interface DefinitionArguments {
  readonly namespace?: string | null;
  readonly name?: string | null;
  readonly limit?: number | null;
  readonly after?: string | null;
}

interface ObjectMapArguments {
  readonly system?: string | null;
  readonly id?: string | null;
  readonly limit?: number | null;
  readonly after?: string | null;
}

function definitionsAsked({
  namespace,
  name,
  limit,
  after,
}: DefinitionArguments): StoredDefinitionRequest {
  const { after: from } = checkedBy(afterSchema, { after: after ?? undefined }, '');
  return {
    limit: limit ?? 20,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(from === undefined ? {} : { after: from }),
  };
}

function objectMapsAsked({ system, id, limit, after }: ObjectMapArguments): ObjectMapRequest {
  const { after: from } = checkedBy(afterSchema, { after: after ?? undefined }, '');
  return {
    limit: limit ?? 20,
    ...(system ? { system } : {}),
    ...(id ? { id } : {}),
    ...(from === undefined ? {} : { after: from }),
  };
}
