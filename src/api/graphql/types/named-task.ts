import { GraphQLObjectType, GraphQLString } from 'graphql';
import type { FullStoredDefinition, StoredDefinition } from '../../../engine/list-types.ts';
import { workflowStepId, type Task } from '../../../model/task.ts';
import type { GraphqlContext } from '../context.ts';
import { ID, INT, listOf, MOMENT, TEXT } from './field-types.ts';
import { JsonType } from './json.ts';
import { NamedStepType, type StepTemplate } from './named-step.ts';

/** A definition by its names, or its whole row; the rest of it is read when it is asked for. */
export type NamedTask =
  Pick<StoredDefinition, 'definitionId' | 'namespace' | 'name' | 'version'> | StoredDefinition;

/** The definition of a task. Its names stand in the task itself. */
export function definitionOfTask({ definitionId, namespace, name, version }: Task): NamedTask {
  return { definitionId, namespace, name, version };
}

export const NamedTaskType: GraphQLObjectType<NamedTask, GraphqlContext> = new GraphQLObjectType<
  NamedTask,
  GraphqlContext
>({
  name: 'NamedTask',
  description: 'A stored version of a definition.',
  fields: () => ({
    namedTaskId: { type: ID, resolve: ({ definitionId }) => definitionId },
    namespace: { type: TEXT },
    name: { type: TEXT },
    version: { type: TEXT },
    description: {
      type: GraphQLString,
      resolve: whole(({ definition }) => definition.description),
    },
    contentHash: { type: TEXT, resolve: row(({ contentHash }) => contentHash) },
    priority: { type: INT, resolve: whole(({ definition }) => definition.priority) },
    schema: {
      type: JsonType,
      description: 'JSON Schema of the context, or null.',
      resolve: whole(({ definition }) => definition.schema),
    },
    stepCount: { type: INT, resolve: row(({ steps }) => steps) },
    namedSteps: {
      type: listOf(NamedStepType),
      description: 'The templates of its steps, in order.',
      extensions: { size: 3 },
      resolve: async (named, _, { loaders, counted }) =>
        counted(templatesOf(await loaders.definition(named.definitionId))),
    },
    createdAt: { type: MOMENT, resolve: row(({ createdAt }) => createdAt) },
  }),
});

/** A field of the row, which a list of definitions has read already. */
function row<Value>(pick: (stored: StoredDefinition) => Value) {
  return async (named: NamedTask, _: unknown, { loaders }: GraphqlContext): Promise<Value> =>
    pick('contentHash' in named ? named : await loaders.definition(named.definitionId));
}

/** A field of the content. */
function whole<Value>(pick: (stored: FullStoredDefinition) => Value) {
  return async (
    { definitionId }: NamedTask,
    _: unknown,
    { loaders }: GraphqlContext,
  ): Promise<Value> => pick(await loaders.definition(definitionId));
}

function templatesOf({ definitionId, definition }: FullStoredDefinition): readonly StepTemplate[] {
  return definition.steps.map((step) => ({
    ...step,
    namedStepId: workflowStepId(definitionId, step.position),
  }));
}
