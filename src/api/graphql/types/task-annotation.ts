import { GraphQLObjectType, GraphQLString } from 'graphql';
import type { Task, TaskAnnotation } from '../../../model/task.ts';
import type { GraphqlContext } from '../context.ts';
import { AnnotationTypeType } from './annotation-type.ts';
import { BIG_INT, ID, MOMENT } from './field-types.ts';
import { JsonType } from './json.ts';

/** Reached only through a task's annotations, which ask for the permission to see them. */
export function createTaskAnnotationType(
  taskType: () => GraphQLObjectType<Task, GraphqlContext>,
): GraphQLObjectType<TaskAnnotation, GraphqlContext> {
  return new GraphQLObjectType<TaskAnnotation, GraphqlContext>({
    name: 'TaskAnnotation',
    description: 'A note on a task, by one of its steps or from outside.',
    fields: () => ({
      taskAnnotationId: { type: ID },
      taskId: { type: BIG_INT },
      step: {
        type: GraphQLString,
        description: 'The name of the step that wrote it; null when it came from outside.',
      },
      annotationTypeId: { type: ID },
      annotationType: {
        type: AnnotationTypeType,
        resolve: ({ annotationTypeId }, _, { loaders }) => loaders.annotationType(annotationTypeId),
      },
      annotation: { type: JsonType },
      createdAt: { type: MOMENT },
      task: {
        type: taskType(),
        resolve: ({ taskId }, _, { loaders }) => loaders.task(taskId),
      },
    }),
  });
}
