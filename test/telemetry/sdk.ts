import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { afterEach } from 'vitest';

/** What a host does to see traces: the real SDK, with an exporter that keeps spans in memory. */
export interface InstalledSdk {
  readonly exporter: InMemorySpanExporter;
  /** Finished spans of this name, in the order in which they ended. */
  readonly spans: (name: string) => readonly ReadableSpan[];
}

/** Installs the SDK for the rest of a test. `sample: false` decides against every trace that begins here. */
export function installSdk({ sample = true } = {}): InstalledSdk {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    sampler: sample ? new AlwaysOnSampler() : new AlwaysOffSampler(),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    exporter,
    spans: (name) => exporter.getFinishedSpans().filter((span) => span.name === name),
  };
}

/** Takes the SDK out after every test, as if it had never been there. */
export function removeSdkAfterEach(): void {
  afterEach(() => {
    trace.disable();
    context.disable();
  });
}
