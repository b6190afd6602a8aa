import { GraphQLInt, GraphQLObjectType } from 'graphql';
import { splitWorkflowStepId, type WorkflowStep } from '../../../model/task.ts';
import type { TaskDefinition } from '../../../definition/task-definition.ts';
import type { GraphqlContext } from '../context.ts';
import { guardedPart } from '../guard.ts';
import { DependentSystemType } from './dependent-system.ts';
import { ID, INT, TEXT, TEXTS, YES_OR_NO } from './field-types.ts';

/** What a template and a step of a task have in common. */
export type StepTemplate = Pick<
  WorkflowStep,
  | 'namedStepId'
  | 'position'
  | 'name'
  | 'description'
  | 'dependentSystem'
  | 'kind'
  | 'queue'
  | 'retryable'
  | 'skippable'
>;

export const NamedStepType: GraphQLObjectType<StepTemplate, GraphqlContext> = new GraphQLObjectType<
  StepTemplate,
  GraphqlContext
>({
  name: 'NamedStep',
  description: 'One step of a definition.',
  fields: () => ({
    namedStepId: { type: ID },
    position: { type: INT },
    name: { type: TEXT },
    description: { type: TEXT },
    dependentSystem: guardedPart('systems:read', () => NO_TASK, {
      type: DependentSystemType,
      description: 'The outside system that the step talks to.',
      resolve: ({ dependentSystem }, { loaders }) => loaders.dependentSystem(dependentSystem),
    }),
    kind: { type: TEXT },
    queue: { type: TEXT },
    retryable: { type: YES_OR_NO },
    skippable: { type: YES_OR_NO },
    retryLimit: { type: INT, resolve: template(({ retryLimit }) => retryLimit) },
    timeoutMs: { type: GraphQLInt, resolve: template(({ timeoutMs }) => timeoutMs) },
    dependsOn: {
      type: TEXTS,
      description: 'The names of the steps that it waits for.',
      resolve: template(({ parents }, { steps }) =>
        parents.flatMap((parent) => steps[parent]?.name ?? []),
      ),
    },
  }),
});

const NO_TASK = { namespace: null, taskId: null };

/** A field that needs the stored definition. */
function template<Value>(
  pick: (step: TaskDefinition['steps'][number], definition: TaskDefinition) => Value,
) {
  return async (
    { namedStepId }: StepTemplate,
    _: unknown,
    { loaders }: GraphqlContext,
  ): Promise<Value | null> => {
    // The id of a template is made like that of a step.
    const { taskId: definitionId, position } = splitWorkflowStepId(namedStepId);
    const { definition } = await loaders.definition(definitionId);
    const step = definition.steps[position];
    return step === undefined ? null : pick(step, definition);
  };
}
