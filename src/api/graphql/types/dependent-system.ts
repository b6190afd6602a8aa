import { GraphQLObjectType } from 'graphql';
import type { DependentSystem } from '../../../engine/list-types.ts';
import type { GraphqlContext } from '../context.ts';
import { ID, TEXT } from './field-types.ts';

export const DependentSystemType: GraphQLObjectType<DependentSystem, GraphqlContext> =
  new GraphQLObjectType<DependentSystem, GraphqlContext>({
    name: 'DependentSystem',
    description: 'An outside system that steps talk to or objects belong to.',
    fields: {
      dependentSystemId: { type: ID },
      name: { type: TEXT },
      description: { type: TEXT },
    },
  });
