import type { Json } from '../kernel/json.ts';
import { isJsonObject } from '../kernel/json.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { BackoffPolicy, JitterName } from '../retry/backoff.ts';
import type { DefinitionBody } from './content-hash.ts';
import type {
  HandlerRef,
  IdentityStrategy,
  StepTemplate,
  TaskDefinition,
} from './task-definition.ts';

type JsonObject = { readonly [key: string]: Json };

/** Version of the stored form, so that a later engine can read documents of this one. */
const FORMAT = 1;

/** The definition as it is stored and pinned: JSON in snake_case. `fromDocument` gives the same definition back. */
export function toDocument(definition: TaskDefinition): Json {
  return {
    format: FORMAT,
    ...bodyDocument(definition),
    version: definition.version,
    version_declared: definition.versionDeclared,
    content_hash: definition.contentHash,
    description: definition.description,
    metadata: definition.metadata,
    steps: definition.steps.map((step) => ({
      ...stepDocument(step),
      description: step.description,
      handler: step.handler,
    })),
  };
}

/** The part of a document that matters at run time, which the content hash is taken of. */
export function bodyDocument(body: DefinitionBody): JsonObject {
  return {
    namespace: body.namespace,
    name: body.name,
    width: body.width,
    priority: body.priority,
    schema: body.schema,
    identity: { strategy: body.identity.strategy, window_ms: body.identity.windowMs },
    steps: body.steps.map(stepDocument),
  };
}

function stepDocument(step: StepTemplate): JsonObject {
  return {
    position: step.position,
    name: step.name,
    dependent_system: step.dependentSystem,
    kind: step.kind,
    handler:
      step.handler.from === 'file' ? { from: 'file', text: step.handler.text } : step.handler,
    parents: step.parents,
    config: step.config,
    retryable: step.retryable,
    retry_limit: step.retryLimit,
    backoff: {
      strategy: step.backoff.strategy,
      base_ms: step.backoff.baseMs,
      max_ms: step.backoff.maxMs,
      jitter: step.backoff.jitter,
    },
    timeout_ms: step.timeoutMs,
    skippable: step.skippable,
    queue: step.queue,
    result_schema: step.resultSchema,
  };
}

/**
 * A definition from its stored form.
 *
 * @throws DATABASE_FAULT when the document is not one that `toDocument` writes
 */
export function fromDocument(document: Json): TaskDefinition {
  const at = object(document, 'document');
  if (at['format'] !== FORMAT)
    throw fault(
      `a definition is stored in format ${JSON.stringify(at['format'])}, which this version cannot read`,
    );
  const identity = object(at['identity'], 'identity');
  return {
    namespace: text(at, 'namespace'),
    name: text(at, 'name'),
    version: text(at, 'version'),
    versionDeclared: flag(at, 'version_declared'),
    contentHash: text(at, 'content_hash'),
    description: text(at, 'description'),
    width: at['width'] === null ? null : number(at, 'width'),
    priority: number(at, 'priority'),
    schema: at['schema'] ?? null,
    identity: {
      strategy: word(identity, 'strategy', IDENTITIES),
      windowMs: number(identity, 'window_ms'),
    },
    metadata: object(at['metadata'], 'metadata'),
    steps: list(at, 'steps').map(readStep),
  };
}

const IDENTITIES: readonly IdentityStrategy[] = ['none', 'hash', 'key', 'custom'];
const JITTERS: readonly JitterName[] = ['none', 'full', 'equal'];

function readStep(value: Json): StepTemplate {
  const at = object(value, 'step');
  return {
    position: number(at, 'position'),
    name: text(at, 'name'),
    description: text(at, 'description'),
    dependentSystem: text(at, 'dependent_system'),
    kind: text(at, 'kind'),
    handler: readHandler(object(at['handler'], 'handler')),
    parents: list(at, 'parents').map((parent) => {
      if (typeof parent !== 'number')
        throw fault('a definition holds a parent that is no position');
      return parent;
    }),
    config: at['config'] ?? null,
    retryable: flag(at, 'retryable'),
    retryLimit: number(at, 'retry_limit'),
    backoff: readBackoff(object(at['backoff'], 'backoff')),
    timeoutMs: at['timeout_ms'] === null ? null : number(at, 'timeout_ms'),
    skippable: flag(at, 'skippable'),
    queue: text(at, 'queue'),
    resultSchema: at['result_schema'] ?? null,
  };
}

function readBackoff(at: JsonObject): BackoffPolicy {
  return {
    strategy: text(at, 'strategy'),
    baseMs: number(at, 'base_ms'),
    maxMs: number(at, 'max_ms'),
    jitter: word(at, 'jitter', JITTERS),
  };
}

function readHandler(at: JsonObject): HandlerRef {
  switch (at['from']) {
    case 'registry':
      return { from: 'registry', name: text(at, 'name') };
    case 'file':
      return {
        from: 'file',
        path: text(at, 'path'),
        export: text(at, 'export'),
        text: text(at, 'text'),
      };
    case 'code':
      return { from: 'code' };
    case 'none':
      return { from: 'none' };
    default:
      throw fault(`a definition holds a handler from ${JSON.stringify(at['from'])}`);
  }
}

function object(value: Json | undefined, what: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw fault(`a definition's ${what} is not an object`);
}

function list(at: JsonObject, key: string): readonly Json[] {
  const value = at[key];
  if (Array.isArray(value)) return value;
  throw fault(`a definition's ${key} is not a list`);
}

function text(at: JsonObject, key: string): string {
  const value = at[key];
  if (typeof value === 'string') return value;
  throw fault(`a definition's ${key} is not text`);
}

function number(at: JsonObject, key: string): number {
  const value = at[key];
  if (typeof value === 'number') return value;
  throw fault(`a definition's ${key} is not a number`);
}

function flag(at: JsonObject, key: string): boolean {
  const value = at[key];
  if (typeof value === 'boolean') return value;
  throw fault(`a definition's ${key} is neither true nor false`);
}

function word<Word extends string>(at: JsonObject, key: string, words: readonly Word[]): Word {
  const found = words.find((candidate) => candidate === at[key]);
  if (found !== undefined) return found;
  throw fault(`a definition's ${key} is ${JSON.stringify(at[key])}`);
}

function fault(problem: string): TaskerError {
  return new TaskerError('DATABASE_FAULT', { problem });
}
