import type { Logger } from '../kernel/logger.ts';
import { workflowStepId } from '../model/task.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import { startAttemptSpan } from '../telemetry/attempt-span.ts';
import { attemptFields, loggerWith } from '../telemetry/step-logger.ts';
import { RunContext, type ParentResult } from './run-context.ts';
import type { Run, WorkerIdentity } from './run.ts';
import type { ServedDefinition, ServedStep } from './serve.ts';
import type { RememberedTask } from './task-memory.ts';

/** What an attempt is made of, besides the claim. */
export interface RunParts {
  readonly served: ServedDefinition;
  readonly servedStep: ServedStep;
  readonly task: RememberedTask;
  readonly identity: WorkerIdentity;
  readonly logger: Logger;
}

/** One attempt, ready to be run: what its handler receives, its span, its logger. Its time starts here. */
export function makeRun(step: ClaimedStep, parts: RunParts): Run {
  const { served, servedStep, task, identity } = parts;
  const { template } = servedStep;
  const facts = {
    taskId: step.taskId,
    task: task.info,
    step: template.name,
    attempt: step.attempts,
    queue: template.queue,
    traceContext: task.traceContext,
  };
  const span = startAttemptSpan(facts);
  const id = workflowStepId(step.taskId, step.position);
  const context = new RunContext({
    context: step.inputs ?? task.context,
    config: template.config,
    parents: parentsOf(parts),
    task: task.info,
    step: {
      id,
      name: template.name,
      attempt: step.attempts,
      maxAttempts: step.retryLimit ?? template.retryLimit,
      dependentSystem: template.dependentSystem,
    },
    idempotencyKey: `${step.taskId}:${template.name}`,
    makeLogger: () => loggerWith(parts.logger, attemptFields({ ...facts, span })),
  });
  return {
    id,
    identity,
    step,
    served: servedStep,
    pinned: served.pinned,
    bypassed: task.bypassed,
    context,
    span,
    startedMs: performance.now(),
    endedMs: 0,
    timer: null,
    closed: false,
  };
}

function parentsOf({ served, servedStep, task }: RunParts): readonly ParentResult[] {
  const { template, aliases } = servedStep;
  const { steps } = served.pinned.definition;
  return template.parents.map((parent, index) => ({
    name: steps[parent]?.name ?? '',
    alias: aliases[index] ?? steps[parent]?.name ?? '',
    text: task.results.get(parent) ?? undefined,
  }));
}
