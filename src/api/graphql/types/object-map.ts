import { GraphQLObjectType } from 'graphql';
import type { ObjectMap } from '../../../engine/list-types.ts';
import type { GraphqlContext } from '../context.ts';
import { ID, MOMENT, TEXT } from './field-types.ts';

export const ObjectMapType: GraphQLObjectType<ObjectMap, GraphqlContext> = new GraphQLObjectType<
  ObjectMap,
  GraphqlContext
>({
  name: 'ObjectMap',
  description: 'Two objects of two systems that are the same thing.',
  fields: {
    objectMapId: { type: ID },
    systemOne: { type: TEXT },
    idOne: { type: TEXT },
    systemTwo: { type: TEXT },
    idTwo: { type: TEXT },
    createdAt: { type: MOMENT },
  },
});
