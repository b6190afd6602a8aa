import { GraphQLInputObjectType, GraphQLString } from 'graphql';
import { taskFilterBody } from '../../../contract/task-filter.ts';
import type { TaskFilter } from '../../../engine/list-types.ts';
import { checkedBy } from '../../http/read-request.ts';
import { filterOfBody } from '../../wire/filter.ts';
import { toWire } from '../arguments.ts';
import { DateTimeType } from './date-time.ts';
import { listOf, TEXT } from './field-types.ts';
import { JsonType } from './json.ts';
import { StepStatusType, TaskStatusType } from './statuses.ts';

const AnnotationFilterType = new GraphQLInputObjectType({
  name: 'AnnotationFilter',
  fields: { type: { type: TEXT }, key: { type: TEXT }, value: { type: TEXT } },
});

export const TaskFilterType = new GraphQLInputObjectType({
  name: 'TaskFilter',
  description: 'Which tasks are meant. All that is given must hold.',
  fields: {
    status: { type: listOf(TaskStatusType) },
    name: { type: GraphQLString },
    namespace: { type: GraphQLString },
    version: { type: GraphQLString },
    tag: { type: GraphQLString },
    initiator: { type: GraphQLString },
    sourceSystem: { type: GraphQLString },
    createdFrom: { type: DateTimeType },
    createdTo: { type: DateTimeType, description: 'Exclusive.' },
    stepStatus: {
      type: listOf(StepStatusType),
      description: 'Tasks with a step in one of these statuses.',
    },
    dependentSystem: { type: GraphQLString, description: 'Tasks with a step of this system.' },
    context: {
      type: JsonType,
      description: 'Dotted path to value, such as {"cart.id": 17}.',
    },
    annotation: {
      type: AnnotationFilterType,
      description: 'Tasks with an annotation of this type in which this key has this value.',
    },
  },
});

/** The filter that an argument asks for. @throws INVALID_REQUEST */
export function filterOf(argument: object | null | undefined): TaskFilter {
  return filterOfBody(checkedBy(taskFilterBody, toWire(argument ?? {}), 'filter'));
}
