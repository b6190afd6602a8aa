import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import type { StoredError } from '../kernel/serialize-error.ts';
import { parseTraceParent } from './trace-parent.ts';

/** What a span says of the attempt that it stands for. */
export interface AttemptFacts {
  readonly taskId: number;
  readonly task: { readonly namespace: string; readonly name: string; readonly version: string };
  readonly step: string;
  readonly attempt: number;
  readonly queue: string;
  /** What was stored when the task was created. */
  readonly traceContext: string | null;
}

/** How an attempt ended, as its span says it. `lost`: others have the step now. */
export type SpanOutcome = 'success' | 'error' | 'timeout' | 'cancelled' | 'lost';

/** The span of one attempt. */
export interface AttemptSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Runs work, and whatever it starts, with this span as the active one. */
  run<T>(work: () => T): T;
  end(outcome: SpanOutcome, error: StoredError | null): void;
}

/**
 * Starts the consumer span `step <name>` of an attempt. Its parent is the span that created the task, in whichever process, so retries
 * are siblings; it is a root when the creator traced nothing.
 */
export function startAttemptSpan(tracer: Tracer, facts: AttemptFacts): AttemptSpan {
  const creator = parseTraceParent(facts.traceContext);
  // Never what happens to be active here: a worker's loop inherits the context of whoever started it.
  const parent = creator === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, creator);
  const span = tracer.startSpan(
    `step ${facts.step}`,
    { kind: SpanKind.CONSUMER, attributes: attributesOf(facts) },
    parent,
  );
  const active = trace.setSpan(parent, span);
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    run: (work) => context.with(active, work),
    end(outcome, error) {
      span.setAttribute('tasker.outcome', outcome);
      if (error !== null) {
        span.recordException(exceptionOf(error));
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      }
      span.end();
    },
  };
}

function attributesOf({ taskId, task, step, attempt, queue }: AttemptFacts) {
  return {
    'tasker.task.id': taskId,
    'tasker.task.name': task.name,
    'tasker.task.namespace': task.namespace,
    'tasker.task.version': task.version,
    'tasker.step.name': step,
    'tasker.step.attempt': attempt,
    'tasker.queue': queue,
  };
}

/** The error as it is stored, so without secrets. */
function exceptionOf({ name, message, stack, code }: StoredError) {
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(code !== undefined && { code }),
  };
}
