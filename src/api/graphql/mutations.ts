import {
  GraphQLInputObjectType,
  GraphQLNonNull,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputFieldConfigMap,
} from 'graphql';
import type { Permission } from '../../contract/permissions.ts';
import { reasonBody } from '../../contract/task-request.ts';
import type { Actor, Task, WorkflowStep } from '../../model/task.ts';
import type { StepName, Tasker } from '../../tasker-interface.ts';
import { checkedBy } from '../http/read-request.ts';
import { stepNamed } from '../rest/steps.ts';
import { taskIdOf, taskIdOfStep, toWire, type StepArguments } from './arguments.ts';
import type { GraphqlContext } from './context.ts';
import { guarded, guardedTask } from './guard.ts';
import { ID } from './types/field-types.ts';
import { TaskType, WorkflowStepType } from './types/task.ts';

type MutationField<Input> = GraphQLFieldConfig<unknown, GraphqlContext, { readonly input: Input }>;

/** What every mutation declares. */
interface Declared {
  /** The name of the mutation with a capital: that of its input type without the ending. */
  readonly name: string;
  readonly permission: Permission;
  readonly description: string;
  readonly fields: GraphQLInputFieldConfigMap;
}

/** What a mutation works with: its input in wire form, checked against nothing yet but the schema. */
interface Asked {
  readonly input: Readonly<Record<string, unknown>>;
  /** Who acts, with the `reason` of the input. */
  readonly by: Actor;
  readonly tasker: Tasker;
}

/** A mutation that is not about a task that exists. It answers a task. */
export function onTasks(
  declared: Declared & {
    readonly act: (
      input: Readonly<Record<string, unknown>>,
      context: GraphqlContext,
    ) => Promise<Task>;
  },
): MutationField<object> {
  const { permission, description, act } = declared;
  return guarded(permission, {
    type: TaskType,
    description,
    args: inputArgument(declared),
    resolve: ({ input }, context) => anew(context, () => act(toWire(input), context)),
  });
}

/** A mutation of one task. */
export function onTask(
  declared: Declared & { readonly act: (task: Task, asked: Asked) => Promise<Task> },
): MutationField<{ readonly taskId: string }> {
  const { permission, description, fields, act } = declared;
  return guardedTask(permission, ({ input }) => taskIdOf(input), {
    type: TaskType,
    description,
    args: inputArgument({ ...declared, fields: { taskId: { type: ID }, ...fields } }),
    resolve: (task, { input }, context) => anew(context, () => act(task, asked(input, context))),
  });
}

/** A mutation of one step. It answers the step. */
export function onStep(
  declared: Declared & {
    readonly act: (
      step: { readonly taskId: number; readonly name: StepName },
      asked: Asked,
    ) => Promise<WorkflowStep>;
  },
): MutationField<StepArguments> {
  const { permission, description, fields, act } = declared;
  return guardedTask(permission, ({ input }) => taskIdOfStep(input), {
    type: WorkflowStepType,
    description,
    args: inputArgument({ ...declared, fields: { ...fields, stepId: { type: ID } } }),
    resolve: (task, { input }, context) => {
      const step = { taskId: task.taskId, name: stepNamed(task, input.stepId) };
      return anew(context, () => act(step, asked(input, context)));
    },
  });
}

function inputArgument({ name, fields }: Declared): GraphQLFieldConfigArgumentMap {
  const input = new GraphQLInputObjectType({ name: `${name}Input`, fields });
  return { input: { type: new GraphQLNonNull(input) } };
}

function asked(input: object, { access, parts }: GraphqlContext): Asked {
  const wire = toWire(input);
  const why = checkedBy(reasonBody, { reason: wire['reason'] }, 'input')?.reason;
  return { input: wire, by: access.actor(why), tasker: parts.tasker };
}

/** Nothing that was read before the change is answered after it. */
async function anew<T>({ loaders }: GraphqlContext, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } finally {
    loaders.forget();
  }
}
