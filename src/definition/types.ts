import type { Duration } from '../kernel/duration.ts';
import type { Json } from '../kernel/json.ts';
import type { StandardSchema } from '../kernel/standard-schema.ts';
import type { HandlerContext } from '../model/handler-context.ts';
import type { TaskRequest } from '../model/task.ts';
import type { CustomBackoff, JitterName } from '../retry/backoff.ts';
import type { LoadedDefinition } from './task-definition.ts';

/*
 * How types flow through a definition in code: the schema gives the type of the context, a handler's result gives the type of its
 * step, and `dependsOn: { cart }` gives a dependent `deps.cart` of exactly that type. Every step is a constant of its own, so the
 * compiler's work grows with the number of steps and not with their order.
 */

declare const STEP_TYPES: unique symbol;
declare const TASK_TYPES: unique symbol;
declare const CONTEXT_TYPE: unique symbol;

/** A step of a task under construction: name it in `dependsOn` of later steps, or return it as part of the task's result. */
export interface StepHandle<
  Name extends string = string,
  Output = unknown,
  Skippable extends boolean = boolean,
> {
  readonly name: Name;
  /** Place in the template, from 0. */
  readonly position: number;
  /** Exists for the compiler only. */
  readonly [STEP_TYPES]?: { readonly output: Output; readonly skippable: Skippable };
}

/** Steps under the names by which a dependent or the result refers to them. */
export interface StepHandles {
  readonly [alias: string]: StepHandle;
}

/** What a dependent sees of a step: its result, or possibly `undefined` when the step may be skipped. */
export type OutputOf<Handle> =
  Handle extends StepHandle<string, infer Output, infer Skippable>
    ? Skippable extends true
      ? Output | undefined
      : Output
    : never;

/** The results of several steps, under their aliases. */
export type OutputsOf<Handles extends StepHandles> = {
  readonly [Alias in keyof Handles]: OutputOf<Handles[Alias]>;
};

/** The result of a task, from what `build` returned: nothing, or steps under their keys. */
export type TaskResult<Built> = Built extends StepHandles ? OutputsOf<Built> : Record<never, never>;

/** A JSON Schema that says which type it describes; made by `jsonSchema`. */
export interface TypedJsonSchema<Context> {
  readonly [keyword: string]: Json;
  /** Exists for the compiler only. */
  readonly [CONTEXT_TYPE]?: Context;
}

/** What `schema` may be: a Standard Schema (zod, valibot, arktype, …) or a JSON Schema object. */
export type ContextSchema = StandardSchema<unknown, unknown> | TypedJsonSchema<unknown>;

/** What a creator must send: the schema's input. */
export type RequestContext<Schema> =
  Schema extends StandardSchema<infer Input, unknown>
    ? Input
    : Schema extends TypedJsonSchema<infer Context>
      ? Known<Context>
      : Json;

/** What handlers see: the schema's output. */
export type StoredContext<Schema> =
  Schema extends StandardSchema<unknown, infer Output>
    ? Output
    : Schema extends TypedJsonSchema<infer Context>
      ? Known<Context>
      : Json;

type Known<Context> = unknown extends Context ? Json : Context;

/** What a handler receives, typed by the task's schema, the step's `dependsOn` and its `handlerConfig`. */
export type StepContext<Context, Deps extends StepHandles, Config> = HandlerContext<
  Readonly<Context>,
  OutputsOf<Deps>,
  Config
>;

/** A step's code as a function. */
export type TypedFunction<Context, Deps extends StepHandles, Config, Output> = (
  ctx: StepContext<Context, Deps, Config>,
) => Output;

/** A step's code as an object with `call`. (Functions have a `call` too, and an `apply`: they are told apart by it.) */
export interface TypedObject<Context, Deps extends StepHandles, Config, Output> {
  call(ctx: StepContext<Context, Deps, Config>): Output;
  readonly apply?: never;
}

/** A step's code as a class, constructed per attempt with the step's `handlerConfig`. */
export type TypedClass<Context, Deps extends StepHandles, Config, Output> = new (
  config: Config,
) => {
  call(ctx: StepContext<Context, Deps, Config>): Output;
};

/** The built-in strategies: see the retry guide for their formulas. */
export type BackoffName = 'exponential' | 'linear' | 'fibonacci' | 'fixed' | 'none';

/** How long to wait before the next attempt: a strategy's name, its settings, or a function of the failed attempt (from 1). */
export type BackoffOption =
  | BackoffName
  | CustomBackoff
  | {
      /** @default 'exponential' */
      readonly strategy?: BackoffName;
      /** @default '1s' */
      readonly base?: Duration;
      /** @default '30s', or `base` when that is longer */
      readonly max?: Duration;
      /** @default 'full' */
      readonly jitter?: JitterName;
    };

/** Options that a task sets for all its steps and a step for itself. */
export interface RetryOptions {
  /** Total attempts, not extra retries; 1 to 10000. @default 3 */
  readonly retryLimit?: number;
  /** False: the first failure is final. @default true */
  readonly retryable?: boolean;
  readonly backoff?: BackoffOption;
  /** The worker queue; 1 to 64 letters, digits, `_`, `.`, `-`. @default 'default' */
  readonly queue?: string;
}

/** Options of one step. */
export interface StepOptions<
  Deps extends StepHandles,
  Config,
  Skippable extends boolean,
> extends RetryOptions {
  /** Steps that must be done first; the keys name their results in `deps`. @default none: the step runs at once */
  readonly dependsOn?: Deps;
  /** Longest time for one attempt. @default no limit */
  readonly timeout?: Duration;
  /** A request may bypass the step; dependents then see `undefined`. @default false */
  readonly skippable?: Skippable;
  /** The outside system that the step talks to. @default the task's `defaultDependentSystem` */
  readonly dependentSystem?: string;
  /** Plain JSON for the handler, as `config`. @default null */
  readonly handlerConfig?: Config;
  /** At most 255 characters. @default the step's name */
  readonly description?: string;
  /** JSON Schema that a result must fit, from the handler or from an operator. @default anything fits */
  readonly resultSchema?: { readonly [keyword: string]: Json };
}

/** Options of an `api` step, which is all configuration. */
export interface ApiStepOptions<Deps extends StepHandles, Skippable extends boolean> extends Omit<
  StepOptions<Deps, { readonly [field: string]: Json }, Skippable>,
  'handlerConfig'
> {
  /** `url`, `method`, `headers`, `params`, `body`, …: see the API step reference. */
  readonly handlerConfig: { readonly [field: string]: Json };
}

/** Adds steps to a task. */
export interface TaskBuilder<Context> {
  /** A step with a function of its own. */
  step<
    const Name extends string,
    Output,
    const Deps extends StepHandles = Record<never, never>,
    Config = null,
    const Skippable extends boolean = false,
  >(
    name: Name,
    options: StepOptions<Deps, Config, Skippable>,
    handler: TypedFunction<Context, Deps, Config, Output>,
  ): StepHandle<Name, Awaited<Output>, Skippable>;
  /** A step whose code is a class with `call`. */
  step<
    const Name extends string,
    Output,
    const Deps extends StepHandles = Record<never, never>,
    Config = null,
    const Skippable extends boolean = false,
  >(
    name: Name,
    options: StepOptions<Deps, Config, Skippable>,
    handler: TypedClass<Context, Deps, Config, Output>,
  ): StepHandle<Name, Awaited<Output>, Skippable>;
  /** A step whose code is an object with `call`. */
  step<
    const Name extends string,
    Output,
    const Deps extends StepHandles = Record<never, never>,
    Config = null,
    const Skippable extends boolean = false,
  >(
    name: Name,
    options: StepOptions<Deps, Config, Skippable>,
    handler: TypedObject<Context, Deps, Config, Output>,
  ): StepHandle<Name, Awaited<Output>, Skippable>;
  /** A step whose handler is registered under a name; its result is plain JSON to the compiler. */
  step<
    const Name extends string,
    const Deps extends StepHandles = Record<never, never>,
    Config = null,
    const Skippable extends boolean = false,
  >(
    name: Name,
    options: StepOptions<Deps, Config, Skippable>,
    handler: string,
  ): StepHandle<Name, Json, Skippable>;
  /** A step that calls an HTTP API and needs no code. */
  api<
    const Name extends string,
    const Deps extends StepHandles = Record<never, never>,
    const Skippable extends boolean = false,
  >(
    name: Name,
    options: ApiStepOptions<Deps, Skippable>,
  ): StepHandle<Name, Json, Skippable>;
}

/** How repeated requests are told apart. */
export type IdentityOption =
  | 'none'
  | 'hash'
  | 'key'
  /** The text decides: two requests with the same text are the same. */
  | ((request: TaskRequest) => string)
  | {
      readonly strategy: 'none' | 'hash' | 'key' | ((request: TaskRequest) => string);
      readonly window?: Duration;
    };

/** Options of a task. */
export interface TaskOptions<Name extends string, Schema> extends RetryOptions {
  /** 1 to 64 letters, digits, `_`, `.`, `-`. */
  readonly name: Name;
  /** @default 'default' */
  readonly namespace?: string;
  /** Such as `1.2.0`. @default made from the content */
  readonly version?: string;
  /** At most 255 characters. @default the name */
  readonly description?: string;
  /** Checks the context of every request. @default any JSON is accepted */
  readonly schema?: Schema;
  /** False: one step at a time, in template order. @default true */
  readonly concurrent?: boolean;
  /** At most so many steps of one task at once. @default no limit */
  readonly width?: number;
  /** Higher runs first; -1000 to 1000. @default 0 */
  readonly priority?: number;
  /** @default 'unknown' */
  readonly defaultDependentSystem?: string;
  /** @default 'hash' with a window of one minute */
  readonly identity?: IdentityOption;
}

/** A request in code: who asks and why is not optional here. The context is checked to be JSON when the task is created. */
export interface TypedTaskRequest<Context> extends Omit<TaskRequest, 'context'> {
  readonly context: Context;
  readonly initiator: string;
  readonly reason: string;
  readonly sourceSystem: string;
}

/** A task defined in code: what `tasker.register` takes, with its types. */
export interface DefinedTask<
  Name extends string = string,
  Context = never,
  Output = unknown,
> extends LoadedDefinition {
  readonly name: Name;
  /** Which step's result stands under which key of the task's result. */
  readonly resultPositions: Readonly<Record<string, number>>;
  /** Exists for the compiler only: what a request must carry, and what the task results in. */
  readonly [TASK_TYPES]?: { readonly request: (context: Context) => void; readonly output: Output };
}

/** The request type of a task: `CreateRequest<typeof processOrder>`. */
export type CreateRequest<Task> =
  Task extends DefinedTask<string, infer Context, unknown> ? TypedTaskRequest<Context> : never;

/** The result type of a task: `TaskOutput<typeof processOrder>`. */
export type TaskOutput<Task> =
  Task extends DefinedTask<string, never, infer Output> ? Output : never;
