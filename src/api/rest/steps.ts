import type { Task, WorkflowStep } from '../../model/task.ts';
import { splitWorkflowStepId } from '../../model/task.ts';
import { TaskerError } from '../../kernel/errors.ts';
import type { StepName } from '../../tasker-interface.ts';
import type { Access } from '../access.ts';
import type { Handlers } from '../route.ts';
import { toStepDto } from '../wire/step.ts';
import { ifRevision } from './if-match.ts';

type StepHandlers = Pick<
  Handlers,
  | 'listSteps'
  | 'getStep'
  | 'updateStep'
  | 'deleteStep'
  | 'cancelStep'
  | 'retryStep'
  | 'resetStep'
  | 'resolveStep'
>;

export const stepHandlers: StepHandlers = {
  async listSteps({ task, query, access, parts }) {
    const steps = await parts.tasker.steps(task.taskId);
    const sight = await access.sight(resourceOf(task));
    const { limit = 20, offset = 0, sort_by: sortBy = 'workflow_step_id' } = query;
    const ascending = steps.toSorted(ORDERS[sortBy]);
    const sorted = query.sort_order === 'desc' ? ascending.toReversed() : ascending;
    return {
      status: 200,
      body: {
        steps: sorted.slice(offset, offset + limit).map((step) => toStepDto(step, sight)),
        total: steps.length,
      },
    };
  },

  async getStep({ task, params, access, parts }) {
    const step = await parts.tasker.step(task.taskId, stepNamed(task, params.step_id));
    return answer(task, step, access);
  },

  async updateStep({ task, params, body, request, access, parts }) {
    const change = 'workflow_step' in body ? body.workflow_step : body;
    const step = await parts.tasker.updateStep(task.taskId, stepNamed(task, params.step_id), {
      ...access.actor(change.reason),
      ...(change.inputs === undefined ? {} : { inputs: change.inputs }),
      ...(change.retry_limit === undefined ? {} : { retryLimit: change.retry_limit }),
      ...ifRevision(request, `Step ${params.step_id} of task ${task.taskId}`),
    });
    return answer(task, step, access);
  },

  async deleteStep({ task, params, access, parts }) {
    const name = stepNamed(task, params.step_id);
    const { status } = await parts.tasker.step(task.taskId, name);
    if (status !== 'cancelled') await parts.tasker.cancelStep(task.taskId, name, access.actor());
    return { status: 200, body: { cancelled: true } };
  },

  async cancelStep({ task, params, body, access, parts }) {
    const by = access.actor(body?.reason);
    const step = await parts.tasker.cancelStep(task.taskId, stepNamed(task, params.step_id), by);
    return answer(task, step, access);
  },

  async retryStep({ task, params, body, access, parts }) {
    const by = access.actor(body?.reason);
    const step = await parts.tasker.retryStep(task.taskId, stepNamed(task, params.step_id), by);
    return answer(task, step, access);
  },

  async resetStep({ task, params, body, access, parts }) {
    const by = access.actor(body?.reason);
    const step = await parts.tasker.resetStep(task.taskId, stepNamed(task, params.step_id), by);
    return answer(task, step, access);
  },

  async resolveStep({ task, params, body, access, parts }) {
    const step = await parts.tasker.resolveStep(task.taskId, stepNamed(task, params.step_id), {
      ...access.actor(body?.reason),
      ...(body?.result === undefined ? {} : { result: body.result }),
    });
    return answer(task, step, access);
  },
};

const ORDERS: Readonly<
  Record<
    'workflow_step_id' | 'position' | 'name' | 'status' | 'attempts',
    (a: WorkflowStep, b: WorkflowStep) => number
  >
> = {
  workflow_step_id: (a, b) => a.position - b.position,
  position: (a, b) => a.position - b.position,
  name: (a, b) => compare(a.name, b.name),
  status: (a, b) => compare(a.status, b.status) || a.position - b.position,
  attempts: (a, b) => a.attempts - b.attempts || a.position - b.position,
};

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The step that a path names, by id or by name. A step of another task does not exist here. @throws STEP_NOT_FOUND */
export function stepNamed({ taskId }: Task, text: string): StepName {
  if (!/^\d{1,16}$/.test(text)) return text;
  const named = splitWorkflowStepId(Number(text));
  if (named.taskId !== taskId)
    throw new TaskerError('STEP_NOT_FOUND', { taskId, step: text, suggestion: '' });
  return named.position;
}

function resourceOf({ namespace, taskId }: Task) {
  return { namespace, taskId };
}

async function answer(task: Task, step: WorkflowStep, access: Access) {
  const sight = await access.sight(resourceOf(task));
  return {
    status: 200 as const, // sound: the literal that the declaration names
    headers: { etag: `"${step.revision}"` },
    body: { step: toStepDto(step, sight) },
  };
}
