import { GraphQLInt, GraphQLNonNull, GraphQLObjectType } from 'graphql';
import type { Resource } from '../../../contract/principal.ts';
import { splitWorkflowStepId, type Task, type WorkflowStep } from '../../../model/task.ts';
import { backoffSeconds, toStoredErrorDto } from '../../wire/step.ts';
import type { GraphqlContext } from '../context.ts';
import { guardedPart } from '../guard.ts';
import { BIG_INT, ID, INT, listOf, MOMENT, TEXT, YES_OR_NO } from './field-types.ts';
import { BigIntType } from './big-int.ts';
import { DateTimeType } from './date-time.ts';
import { JsonType } from './json.ts';
import { NamedStepType } from './named-step.ts';
import { StepStatusType } from './statuses.ts';

/** A list of steps is estimated at so many entries. */
const SIZE = { extensions: { size: 3 } };
const IDS = new GraphQLNonNull(listOf(ID.ofType));

/** The type of a step. A step has a task and a task has steps, so the other one is given. */
export function createWorkflowStepType(
  taskType: () => GraphQLObjectType<Task, GraphqlContext>,
): GraphQLObjectType<WorkflowStep, GraphqlContext> {
  const stepType: GraphQLObjectType<WorkflowStep, GraphqlContext> = new GraphQLObjectType<
    WorkflowStep,
    GraphqlContext
  >({
    name: 'WorkflowStep',
    description: 'One node of the graph of a task.',
    fields: () => ({
      ...OWN_FIELDS,
      task: {
        type: taskType(),
        resolve: ({ taskId }, _, { loaders }) => loaders.task(taskId),
      },
      namedStep: guardedPart('definitions:read', resourceOf, {
        type: NamedStepType,
        description: 'The template of the step in the definition.',
        resolve: (step) => step,
      }),
      parents: {
        type: listOf(stepType),
        ...SIZE,
        resolve: (step, _, context) => stepsAt(step, step.parentIds, context),
      },
      children: {
        type: listOf(stepType),
        ...SIZE,
        resolve: (step, _, context) => stepsAt(step, step.childIds, context),
      },
      siblings: {
        type: listOf(stepType),
        description: 'Other steps with exactly the same parents.',
        ...SIZE,
        resolve: (step, _, context) => stepsAt(step, step.siblingIds, context),
      },
      inputs: guardedPart('tasks:read_context', resourceOf, {
        type: JsonType,
        description: "What the handler receives: the task's context, unless an operator edited it.",
        resolve: (step) => step.inputs,
      }),
      results: guardedPart('steps:read_results', resourceOf, {
        type: JsonType,
        description: 'What the successful attempt answered.',
        resolve: (step) => step.results,
      }),
      error: guardedPart('steps:read_results', resourceOf, {
        type: JsonType,
        description: 'The error of the last attempt: name, message and what else it carries.',
        resolve: ({ error }) => (error === null ? null : toStoredErrorDto(error)),
      }),
    }),
  });
  return stepType;
}

/** What the step row has. */
const OWN_FIELDS = {
  workflowStepId: { type: ID },
  taskId: { type: BIG_INT },
  namedStepId: { type: BIG_INT },
  position: { type: INT },
  name: { type: TEXT },
  description: { type: TEXT },
  dependentSystem: { type: TEXT },
  kind: { type: TEXT },
  queue: { type: TEXT },
  status: { type: new GraphQLNonNull(StepStatusType) },
  attempts: { type: INT },
  retryLimit: { type: INT },
  retryable: { type: YES_OR_NO },
  skippable: { type: YES_OR_NO },
  processed: {
    type: YES_OR_NO,
    description: 'True when it needs nothing more: complete, skipped or resolved by hand.',
  },
  inProcess: { type: YES_OR_NO },
  processedAt: { type: DateTimeType },
  lastAttemptedAt: { type: DateTimeType },
  readyAt: { type: DateTimeType, description: 'When the next attempt may start.' },
  backoffRequestSeconds: {
    type: GraphQLInt,
    description: 'What the next attempt waits for, from the start of the one before.',
    resolve: backoffSeconds,
  },
  waitingOn: { type: INT, description: 'How many parents have not finished.' },
  workerId: { type: BigIntType },
  revision: { type: TEXT, description: 'Changes with every change of the step.' },
  parentStepIds: { type: IDS, resolve: ({ parentIds }: WorkflowStep) => parentIds },
  childStepIds: { type: IDS, resolve: ({ childIds }: WorkflowStep) => childIds },
  isRootStep: {
    type: YES_OR_NO,
    resolve: ({ parentIds }: WorkflowStep) => parentIds.length === 0,
  },
  isLeafStep: { type: YES_OR_NO, resolve: ({ childIds }: WorkflowStep) => childIds.length === 0 },
  createdAt: {
    type: MOMENT,
    description: 'When its task was created: all steps are, with it.',
    resolve: async ({ taskId }: WorkflowStep, _: unknown, { loaders }: GraphqlContext) =>
      (await loaders.task(taskId)).createdAt,
  },
  updatedAt: {
    type: MOMENT,
    description: 'The latest of: created, last attempted, processed.',
    resolve: async (step: WorkflowStep, _: unknown, { loaders }: GraphqlContext) => {
      const { createdAt } = await loaders.task(step.taskId);
      const { lastAttemptedAt, processedAt } = step;
      return [lastAttemptedAt, processedAt].reduce<Date>(
        (latest, at) => (at !== null && at > latest ? at : latest),
        createdAt,
      );
    },
  },
};

async function resourceOf(
  { taskId }: WorkflowStep,
  { loaders }: GraphqlContext,
): Promise<Resource> {
  const { namespace } = await loaders.task(taskId);
  return { namespace, taskId };
}

/** The steps with these ids, of the same task. */
async function stepsAt(
  { taskId }: WorkflowStep,
  ids: readonly number[],
  { loaders, counted }: GraphqlContext,
): Promise<readonly WorkflowStep[]> {
  const steps = await loaders.steps(taskId);
  return counted(ids).flatMap((id) => steps[splitWorkflowStepId(id).position] ?? []);
}
