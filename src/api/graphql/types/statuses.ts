import { GraphQLEnumType } from 'graphql';
import { STEP_STATUSES, TASK_STATUSES } from '../../../model/status.ts';

export const TaskStatusType = new GraphQLEnumType({
  name: 'TaskStatus',
  description: 'complete, cancelled and resolved_manually are final.',
  values: valuesOf(TASK_STATUSES),
});

export const StepStatusType = new GraphQLEnumType({
  name: 'StepStatus',
  description: 'Those of a task, and skipped: bypassed by the request.',
  values: valuesOf(STEP_STATUSES),
});

function valuesOf(words: readonly string[]) {
  return Object.fromEntries(words.map((word) => [word, { value: word }]));
}
