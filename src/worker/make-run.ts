import type { Milliseconds } from '../kernel/duration.ts';
import type { Logger } from '../kernel/logger.ts';
import { workflowStepId } from '../model/task.ts';
import type { ClaimedStep } from '../store/steps/claimed-step.ts';
import { startAttemptSpan, type AttemptSpan } from '../telemetry/attempt-span.ts';
import { activeTracer } from '../telemetry/tracer.ts';
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
  /** When the attempt begins, on the clock that measures waits. */
  readonly startedMs: Milliseconds;
}

/** One attempt, ready to be run: what its handler receives, its span, its logger. Its time starts here. */
export function makeRun(step: ClaimedStep, parts: RunParts): Run {
  const { served, servedStep, task, identity } = parts;
  const { template } = servedStep;
  const span = startSpan(step, parts);
  const id = workflowStepId(step.taskId, step.position);
  const context = new RunContext({
    context: step.inputs ?? task.context,
    config: template.config,
    parents: () => parentsOf(parts),
    task: task.info,
    step: {
      id,
      name: template.name,
      attempt: step.attempts,
      maxAttempts: step.retryLimit ?? template.retryLimit,
      dependentSystem: template.dependentSystem,
    },
    idempotencyKey: `${step.taskId}:${template.name}`,
    logger: parts.logger,
    span,
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
    startedMs: parts.startedMs,
    endedMs: 0,
    timer: null,
    closed: false,
  };
}

/** Null where nothing is traced: then nothing is allocated for it either, for thousands of attempts may be in flight. */
function startSpan(
  { taskId, attempts }: ClaimedStep,
  { servedStep: { template }, task }: RunParts,
): AttemptSpan | null {
  const tracer = activeTracer();
  if (tracer === null) return null;
  return startAttemptSpan(tracer, {
    taskId,
    task: task.info,
    step: template.name,
    attempt: attempts,
    queue: template.queue,
    traceContext: task.traceContext,
  });
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
