import type { StepTemplate, TaskDefinition } from '../../src/definition/task-definition.ts';
import { workflowStepId } from '../../src/model/task.ts';
import type { Attempt, Task, WorkflowStep } from '../../src/model/task.ts';
import type { Progress } from '../../src/cli/output/explain.ts';

/** The moment at which the samples are looked at, unless a test says otherwise. */
export const NOW = new Date('2026-11-24T06:00:10.000Z');

/** `seconds` before NOW (negative: after it). */
export function ago(seconds: number): Date {
  return new Date(NOW.getTime() - seconds * 1_000);
}

export function sampleTask(change: Partial<Task> = {}): Task {
  return {
    taskId: 12,
    namespace: 'default',
    name: 'order',
    version: '1.0.0',
    definitionId: 1,
    status: 'in_progress',
    complete: false,
    context: { cart_id: 3 },
    initiator: 'ann',
    reason: 'test',
    sourceSystem: 'cli',
    tags: [],
    bypassSteps: [],
    priority: 0,
    idempotencyKey: null,
    requestedAt: ago(10),
    createdAt: ago(10),
    startedAt: ago(10),
    settledAt: null,
    updatedAt: ago(10),
    revision: '1',
    ...change,
  };
}

/** A step at a position; its parents are given as positions. */
export function sampleStep(
  position: number,
  {
    parents = [],
    ...change
  }: Partial<WorkflowStep> & { readonly parents?: readonly number[] } = {},
): WorkflowStep {
  const status = change.status ?? 'pending';
  return {
    workflowStepId: workflowStepId(12, position),
    namedStepId: workflowStepId(1, position),
    revision: '1',
    taskId: 12,
    position,
    name: `step_${position}`,
    description: '',
    dependentSystem: 'shop',
    kind: 'function',
    queue: 'default',
    status,
    attempts: status === 'pending' || status === 'skipped' ? 0 : 1,
    retryLimit: 3,
    retryable: true,
    skippable: false,
    processed: ['complete', 'skipped', 'resolved_manually'].includes(status),
    inProcess: status === 'in_progress',
    processedAt: null,
    lastAttemptedAt: null,
    readyAt: null,
    waitingOn: 0,
    workerId: null,
    inputs: { cart_id: 3 },
    results: null,
    error: null,
    parentIds: parents.map((parent) => workflowStepId(12, parent)),
    childIds: [],
    siblingIds: [],
    ...change,
  };
}

export function sampleAttempt(step: string, change: Partial<Attempt> = {}): Attempt {
  return {
    taskId: 12,
    step,
    attempt: 1,
    outcome: 'success',
    workerId: 1,
    startedAt: ago(9),
    finishedAt: ago(8),
    error: null,
    ...change,
  };
}

/** Steps and attempts of a task; the task itself goes on unless it is given. */
export function sampleProgress(
  steps: readonly WorkflowStep[],
  rest: { readonly task?: Partial<Task>; readonly attempts?: readonly Attempt[] } = {},
): Progress {
  return { task: sampleTask(rest.task), steps, attempts: rest.attempts ?? [] };
}

/** A definition with one step per name, each in its queue; `default` when none is given. */
export function sampleDefinition(
  names: readonly string[],
  queues: readonly string[] = [],
): TaskDefinition {
  return {
    namespace: 'default',
    name: 'order',
    version: '1.0.0',
    versionDeclared: true,
    contentHash: '0'.repeat(64),
    description: '',
    width: null,
    priority: 0,
    schema: null,
    identity: { strategy: 'none', windowMs: 0 },
    metadata: {},
    steps: names.map((name, position): StepTemplate => ({
      position,
      name,
      description: name,
      dependentSystem: 'shop',
      kind: 'function',
      handler: { from: 'code' },
      parents: [],
      config: null,
      retryable: true,
      retryLimit: 3,
      backoff: { strategy: 'none', baseMs: 0, maxMs: 0, jitter: 'none' },
      timeoutMs: null,
      skippable: false,
      queue: queues[position] ?? 'default',
      resultSchema: null,
    })),
  };
}
