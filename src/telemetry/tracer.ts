import { ProxyTracerProvider, trace } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';

/** The name of the instrumentation, as traces show it. */
const NAME = 'tasker-engine';

/**
 * The tracer of the SDK that the host has installed, or null when there is none: then nothing is traced and nothing is paid for but
 * this question (30 ns). It is asked every time, because a host may install its SDK after Tasker has started.
 */
export function activeTracer(): Tracer | null {
  const provider = trace.getTracerProvider();
  if (provider instanceof ProxyTracerProvider) return provider.getDelegateTracer(NAME) ?? null;
  return provider.getTracer(NAME);
}
