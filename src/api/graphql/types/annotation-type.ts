import { GraphQLObjectType } from 'graphql';
import type { AnnotationType } from '../../../engine/list-types.ts';
import type { GraphqlContext } from '../context.ts';
import { ID, TEXT } from './field-types.ts';

export const AnnotationTypeType: GraphQLObjectType<AnnotationType, GraphqlContext> =
  new GraphQLObjectType<AnnotationType, GraphqlContext>({
    name: 'AnnotationType',
    description: 'A kind of annotation, by name.',
    fields: {
      annotationTypeId: { type: ID },
      name: { type: TEXT },
      description: { type: TEXT },
    },
  });
