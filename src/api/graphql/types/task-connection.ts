import { GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import type { Count } from '../../../engine/list-types.ts';
import type { Task } from '../../../model/task.ts';
import type { GraphqlContext } from '../context.ts';
import { INT, listOf, TEXT, YES_OR_NO } from './field-types.ts';
import { TaskType } from './task.ts';

export interface TaskEdge {
  readonly cursor: string;
  readonly node: Task;
}

/** A page of tasks. */
export interface TaskConnection {
  readonly edges: readonly TaskEdge[];
  /** Where the next page continues; null on the last one. */
  readonly next: string | null;
  readonly isFirst: boolean;
  /** Asked only by who wants to know. */
  readonly count: () => Promise<Count>;
}

const TaskEdgeType = new GraphQLObjectType<TaskEdge, GraphqlContext>({
  name: 'TaskEdge',
  fields: {
    cursor: { type: TEXT },
    node: { type: new GraphQLNonNull(TaskType) },
  },
});

const PageInfoType = new GraphQLObjectType<TaskConnection, GraphqlContext>({
  name: 'PageInfo',
  fields: {
    hasNextPage: { type: YES_OR_NO, resolve: ({ next }) => next !== null },
    hasPreviousPage: { type: YES_OR_NO, resolve: ({ isFirst }) => !isFirst },
    startCursor: { type: GraphQLString, resolve: ({ edges }) => edges[0]?.cursor ?? null },
    endCursor: {
      type: GraphQLString,
      description: 'Give it as `after` for the next page.',
      resolve: ({ edges, next }) => next ?? edges.at(-1)?.cursor ?? null,
    },
  },
});

export const TaskConnectionType: GraphQLObjectType<TaskConnection, GraphqlContext> =
  new GraphQLObjectType<TaskConnection, GraphqlContext>({
    name: 'TaskConnection',
    description:
      'A page of tasks. It may be shorter than asked for, even empty, and still have a next page: a search through very many tasks stops in between.',
    fields: () => ({
      edges: { type: listOf(TaskEdgeType), extensions: { size: 'page' } },
      pageInfo: { type: new GraphQLNonNull(PageInfoType), resolve: (page) => page },
      totalCount: {
        type: INT,
        description: 'How many tasks match, counted up to 10,000.',
        resolve: async ({ count }) => (await count()).count,
      },
      totalIsExact: {
        type: YES_OR_NO,
        description: 'False when there are more than totalCount.',
        resolve: async ({ count }) => (await count()).exact,
      },
    }),
  });
