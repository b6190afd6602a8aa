import type { Json } from '../kernel/json.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import type { BackoffPolicy } from '../retry/backoff.ts';
import type { StepHandler } from '../model/handler-context.ts';
import type { StandardSchema } from '../kernel/standard-schema.ts';
import type { TaskRequest } from '../model/task.ts';
import type { CustomBackoff } from '../retry/backoff.ts';

/** Where a step's code comes from. */
export type HandlerRef =
  /** Looked up in the registry of named handlers; any text, so `ApiTask::StepHandler::CartFetchStepHandler` works. */
  | { readonly from: 'registry'; readonly name: string }
  /** An export of a file; `path` is absolute, `text` is what the author wrote. */
  | { readonly from: 'file'; readonly path: string; readonly export: string; readonly text: string }
  /** Given as a function to `defineTask`. */
  | { readonly from: 'code' }
  /** The step kind needs no code (an `api` step that is all configuration). */
  | { readonly from: 'none' };

/** One step of a definition in normal form. Positions count from 0 in template order. */
export interface StepTemplate {
  readonly position: number;
  readonly name: string;
  readonly description: string;
  readonly dependentSystem: string;
  /** Name in the table of step kinds: `function`, `api`, … */
  readonly kind: string;
  readonly handler: HandlerRef;
  /** Positions of the steps that this one depends on, ascending. */
  readonly parents: readonly number[];
  /** Raw `handler_config`, as the author wrote it. */
  readonly config: Json;
  readonly retryable: boolean;
  /** Total attempts, not extra retries; at least 1. */
  readonly retryLimit: number;
  readonly backoff: BackoffPolicy;
  readonly timeoutMs: Milliseconds | null;
  readonly skippable: boolean;
  readonly queue: string;
  /** JSON Schema of the result, for results given by an operator and (when set) by the handler. */
  readonly resultSchema: Json;
}

export type IdentityStrategy = 'none' | 'hash' | 'key' | 'custom';

/** A definition in normal form: what YAML and code both end in, what is hashed, and what is stored and pinned. */
export interface TaskDefinition {
  readonly namespace: string;
  readonly name: string;
  /** As declared, or `0.0.0+<first 12 digits of the hash>` when no version was declared. */
  readonly version: string;
  readonly versionDeclared: boolean;
  /** SHA-256 over the canonical JSON of everything that matters at run time, as 64 hex digits. */
  readonly contentHash: string;
  readonly description: string;
  /** At most so many steps of one task run at once; 1 when `concurrent: false`; null = no limit. */
  readonly width: number | null;
  readonly priority: number;
  /** JSON Schema 2020-12 of the context, or null. (A Standard Schema of a code definition is not data: see `CompiledDefinition`.) */
  readonly schema: Json;
  readonly identity: { readonly strategy: IdentityStrategy; readonly windowMs: Milliseconds };
  /** Fields of the seed's file that are kept and shown but drive nothing: module_namespace, class_name, named_steps. */
  readonly metadata: Readonly<Record<string, Json>>;
  readonly steps: readonly StepTemplate[];
}

/**
 * A definition together with what is not data: functions and a Standard Schema. It exists only in a process that loaded the code;
 * the definition inside it is what is stored and pinned.
 */
export interface LoadedDefinition {
  readonly definition: TaskDefinition;
  /** File that it came from, or null for code. */
  readonly source: string | null;
  /** Inline handlers of a code definition, by position. */
  readonly inlineHandlers: ReadonlyMap<number, StepHandler>;
  /** A Standard Schema that validates (and may transform) the context, when the author gave one. */
  readonly contextSchema: StandardSchema | null;
  /** The author's own identity function, when `identity.strategy` is `custom`. */
  readonly customIdentity: ((request: TaskRequest) => string) | null;
  /** Backoff functions of steps whose `backoff.strategy` is `custom`, by position. */
  readonly customBackoffs: ReadonlyMap<number, CustomBackoff>;
  /** Aliases of parents by position: alias -> parent position. Empty for YAML, where the alias is the step's name. */
  readonly aliases: ReadonlyMap<number, Readonly<Record<string, number>>>;
}
