import { GraphQLEnumType, GraphQLNonNull, GraphQLObjectType } from 'graphql';
import type { WorkerInfo } from '../../../engine/types.ts';
import type { GraphqlContext } from '../context.ts';
import { ID, INT, MOMENT, TEXT, TEXTS } from './field-types.ts';

const WorkerStateType = new GraphQLEnumType({
  name: 'WorkerState',
  values: { alive: {}, silent: {}, stopped: {}, lost: {} },
});

export const WorkerType: GraphQLObjectType<WorkerInfo, GraphqlContext> = new GraphQLObjectType<
  WorkerInfo,
  GraphqlContext
>({
  name: 'Worker',
  description: 'A process that claims steps and runs them.',
  fields: {
    workerId: { type: ID },
    name: { type: TEXT },
    hostname: { type: TEXT },
    pid: { type: INT },
    version: { type: TEXT },
    queues: { type: TEXTS },
    slots: { type: INT, description: 'How many steps it runs at once.' },
    startedAt: { type: MOMENT },
    heartbeatAt: { type: MOMENT },
    state: { type: new GraphQLNonNull(WorkerStateType) },
  },
});
