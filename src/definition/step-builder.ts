import type { Json } from '../kernel/json.ts';
import type { StepHandler } from '../model/handler-context.ts';
import type { CustomBackoff } from '../retry/backoff.ts';
import type { CodeStep } from './read-step.ts';
import type { BackoffOption, RetryOptions, StepHandle, StepHandles, StepOptions } from './types.ts';

/** What the builder of a task collects: the data in the words of the file format, and beside it what is not data. */
export interface CollectedStep extends CodeStep {
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly handler: StepHandler | null;
  readonly backoff: CustomBackoff | null;
  readonly aliases: Readonly<Record<string, number>>;
  /** Aliases of `dependsOn` that are no steps of this task. */
  readonly strangers: readonly string[];
}

/** The options of any step, as far as collecting them needs to know. */
export type AnyStepOptions = StepOptions<StepHandles, unknown, boolean>;

/** The builder behind the typed one: collects steps and gives handles out. */
export interface StepCollector {
  readonly steps: readonly CollectedStep[];
  readonly add: (
    name: string,
    options: AnyStepOptions,
    code: { readonly kind: string; readonly handler: unknown },
  ) => StepHandle<string, never, never>;
  /** True for a handle that this collector gave out. */
  readonly owns: (handle: unknown) => boolean;
}

/** A collector for one task. */
export function createCollector(): StepCollector {
  const steps: CollectedStep[] = [];
  const handles = new Set<unknown>();
  const owns = (handle: unknown): boolean => handles.has(handle);
  return {
    steps,
    owns,
    add: (name, options, { kind, handler }) => {
      const position = steps.length;
      steps.push(collect(name, options, { kind, handler, owns }));
      const handle = Object.freeze({ name, position });
      handles.add(handle);
      return handle;
    },
  };
}

interface Collecting {
  readonly kind: string;
  readonly handler: unknown;
  readonly owns: (handle: unknown) => boolean;
}

function collect(
  name: string,
  options: AnyStepOptions,
  { kind, handler, owns }: Collecting,
): CollectedStep {
  const {
    dependsOn = {},
    timeout,
    skippable,
    dependentSystem,
    handlerConfig,
    description,
    resultSchema,
    ...rest
  } = options;
  const entries = Object.entries(dependsOn);
  const known = entries.filter(([, handle]) => owns(handle));
  const { retryLimit, retryable, backoff, queue, ...unknown } = rest;
  const inline = isHandler(handler) ? handler : null;
  return {
    name,
    kind,
    inline: inline !== null,
    handler: inline,
    backoff: typeof backoff === 'function' ? backoff : null,
    aliases: Object.fromEntries(known.map(([alias, handle]) => [alias, handle.position])),
    strangers: entries.filter(([, handle]) => !owns(handle)).map(([alias]) => alias),
    document: {
      name,
      description,
      handler: inline === null ? handler : undefined,
      dependent_system: dependentSystem,
      depends_on_steps: [...new Set(known.map(([, handle]) => handle.name))],
      handler_config: handlerConfig,
      timeout,
      skippable,
      result_schema: resultSchema,
      ...retryDocument({ retryLimit, retryable, backoff, queue }),
      ...unknown, // reported as unknown fields
    },
  };
}

/** Retry options in the words of the file format. */
export function retryDocument(options: {
  readonly [Key in keyof RetryOptions]?: RetryOptions[Key] | undefined;
}): Record<string, unknown> {
  return {
    retry_limit: options.retryLimit,
    retryable: options.retryable,
    backoff: backoffDocument(options.backoff),
    queue: options.queue,
  };
}

function backoffDocument(backoff: BackoffOption | undefined): Json | undefined {
  if (typeof backoff === 'function') return 'custom';
  if (backoff === undefined || typeof backoff === 'string') return backoff;
  return { ...backoff };
}

/** True for code: a function, a class, or an object with `call`. */
function isHandler(value: unknown): value is StepHandler {
  if (typeof value === 'function') return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    'call' in value &&
    typeof value.call === 'function'
  );
}
