import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { serializeError } from '../kernel/serialize-error.ts';
import { formatTraceParent } from './trace-parent.ts';
import { activeTracer } from './tracer.ts';

/** What a task is called. */
export interface TaskNames {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

/** The spans of one call that creates tasks, one for each; `null` where nothing is traced. */
export interface CreationSpans {
  /** The `traceparent` that is stored with the task at this index. */
  traceContext(index: number): string | null;
  created(tasks: readonly { readonly taskId: number; readonly created: boolean }[]): void;
  failed(error: unknown): void;
}

/**
 * Starts a producer span `task <name>` per task, each a child of the caller's active span. A span lasts as long as its creation: a
 * task may run for days on several machines, so its attempts are children of this span and end after it.
 */
export function startCreationSpans(task: TaskNames, count: number): CreationSpans | null {
  const tracer = activeTracer();
  if (tracer === null) return null;
  const attributes = {
    'tasker.task.name': task.name,
    'tasker.task.namespace': task.namespace,
    'tasker.task.version': task.version,
  };
  const spans = Array.from({ length: count }, () =>
    tracer.startSpan(`task ${task.name}`, { kind: SpanKind.PRODUCER, attributes }),
  );
  return {
    traceContext: (index) => traceParentOf(spans[index]),
    created(tasks) {
      spans.forEach((span, index) => {
        const { taskId, created } = tasks[index] ?? {};
        if (taskId !== undefined) span.setAttribute('tasker.task.id', taskId);
        if (created === false) span.setAttribute('tasker.task.existed', true);
        span.end();
      });
    },
    failed(error) {
      const { name, message } = serializeError(error); // without secrets
      for (const span of spans) {
        span.recordException({ name, message });
        span.setStatus({ code: SpanStatusCode.ERROR, message });
        span.end();
      }
    },
  };
}

function traceParentOf(span: Span | undefined): string | null {
  return span === undefined ? null : formatTraceParent(span.spanContext());
}
