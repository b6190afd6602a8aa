import { context, trace } from '@opentelemetry/api';
import { parseTraceParent } from './trace-parent.ts';
import { activeTracer } from './tracer.ts';

/**
 * Answers a request as part of the trace that its `traceparent` header names. Where a span is active already, the host's own
 * instrumentation has read the header, and knows better.
 */
export function underTraceOf<T>(request: Request, work: () => T): T {
  if (activeTracer() === null || trace.getActiveSpan() !== undefined) return work();
  const caller = parseTraceParent(request.headers.get('traceparent'));
  return caller === null
    ? work()
    : context.with(trace.setSpanContext(context.active(), caller), work);
}
