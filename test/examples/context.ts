import type { Json } from '../../src/kernel/json.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import type { HandlerContext } from '../../src/model/handler-context.ts';

/** What a test gives to a handler; the rest is filled in. */
export interface ContextParts {
  readonly context?: Json;
  readonly deps?: Readonly<Record<string, Json>>;
  readonly taskId?: number;
  readonly step?: string;
  readonly signal?: AbortSignal;
  readonly annotate?: (type: string, annotation: Json) => void;
}

/** A handler's context without an engine, for calling one handler alone. */
export function handlerContext(parts: ContextParts): HandlerContext {
  const id = parts.taskId ?? 1;
  const name = parts.step ?? 'step';
  return {
    context: parts.context ?? {},
    deps: parts.deps ?? {},
    config: null,
    task: {
      id,
      name: 'order',
      namespace: 'ecommerce',
      version: '1.0.0',
      initiator: 'test',
      reason: 'test',
      sourceSystem: 'test',
      tags: [],
      requestedAt: new Date('2026-05-04T03:02:01.000Z'),
    },
    step: { id: 1, name, attempt: 1, maxAttempts: 3, dependentSystem: 'ecommerce_system' },
    sequence: { steps: [], findStepByName: () => null },
    signal: parts.signal ?? new AbortController().signal,
    idempotencyKey: `${id}:${name}`,
    logger: silentLogger,
    annotate: parts.annotate ?? (() => undefined),
  };
}
