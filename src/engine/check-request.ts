import { TaskerError } from '../kernel/errors.ts';
import { gateJson, isJsonObject, type Json, type JsonLimits } from '../kernel/json.ts';
import { checkTags, checkText, checkTexts, MAX_TEXT } from './check-text.ts';
import { didYouMean } from '../kernel/nearest.ts';
import {
  compileJsonSchema,
  validateStandard,
  type SchemaAnswer,
  type SchemaCheck,
} from '../kernel/schema.ts';
import type { LoadedDefinition, TaskDefinition } from '../definition/task-definition.ts';
import type { TaskRequest } from '../model/task.ts';

/** A request that has been checked: every default filled in, the context valid and storable. */
export interface CheckedRequest {
  readonly context: Json;
  readonly contextText: string;
  readonly initiator: string;
  readonly reason: string;
  readonly sourceSystem: string;
  readonly tags: readonly string[];
  readonly bypassSteps: readonly string[];
  readonly bypassed: ReadonlySet<number>;
  readonly requestedAt: Date | null;
  readonly priority: number;
  readonly idempotencyKey: string | null;
}

const KNOWN = [
  'context',
  'initiator',
  'reason',
  'sourceSystem',
  'tags',
  'bypassSteps',
  'requestedAt',
  'priority',
  'idempotencyKey',
];
const MAX_KEY = 255;
const MAX_PRIORITY = 1_000;

/**
 * Checks a request before anything is stored.
 * @throws INVALID_REQUEST, INVALID_CONTEXT, UNSTORABLE_VALUE, VALUE_TOO_LARGE, UNKNOWN_BYPASS_STEP, STEP_NOT_SKIPPABLE
 */
export async function checkRequest(
  loaded: LoadedDefinition,
  request: TaskRequest,
  limits: JsonLimits,
): Promise<CheckedRequest> {
  const { definition } = loaded;
  if (!isObject(request)) throw invalid('it must be an object');
  const unknown = Object.keys(request).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined)
    throw invalid(`unknown field "${unknown}".${didYouMean(unknown, KNOWN)}`);
  const bypassSteps = checkTexts('bypass_steps', request.bypassSteps, {
    longest: MAX_TEXT,
    most: definition.steps.length,
  });
  const { context, contextText } = await checkContext(loaded, request.context, limits);
  return {
    context,
    contextText,
    initiator: optionalText(request.initiator, 'initiator', MAX_TEXT) ?? 'unknown',
    reason: optionalText(request.reason, 'reason', MAX_TEXT) ?? 'unknown',
    sourceSystem: optionalText(request.sourceSystem, 'sourceSystem', MAX_TEXT) ?? 'unknown',
    tags: checkTags(request.tags),
    bypassSteps,
    bypassed: checkBypass(definition, bypassSteps),
    requestedAt: moment(request.requestedAt),
    priority: priority(request.priority ?? definition.priority),
    idempotencyKey: optionalText(request.idempotencyKey, 'idempotencyKey', MAX_KEY) ?? null,
  };
}

/** Checks values that stand in for a context later: edited inputs. Same errors as a request's context. */
export async function checkContext(
  loaded: Pick<LoadedDefinition, 'definition' | 'contextSchema'>,
  value: unknown,
  limits: JsonLimits,
): Promise<{ readonly context: Json; readonly contextText: string }> {
  if (!isJsonObject(value)) throw invalid('context must be a JSON object');
  const what = 'The context';
  const gated = gate(what, value, limits);
  const answer = await validate(loaded, value);
  if (!answer.ok)
    throw new TaskerError('INVALID_CONTEXT', {
      task: loaded.definition.name,
      problems: answer.problems,
    });
  // Defaults and transformations may have changed it: what is stored is what handlers will see.
  return {
    context: answer.value,
    contextText: hasSchema(loaded) ? gate(what, answer.value, limits) : gated,
  };
}

/** Passes a value through the gate for outsiders' data. @throws UNSTORABLE_VALUE, VALUE_TOO_LARGE */
export function gate(what: string, value: unknown, limits: JsonLimits): string {
  const answer = gateJson(value, { ...limits, refuseForbiddenKeys: true });
  if (answer.ok) return answer.text;
  if (answer.kind === 'too_large')
    throw new TaskerError('VALUE_TOO_LARGE', {
      what,
      bytes: answer.bytes ?? 0,
      limit: limits.maxBytes,
    });
  throw new TaskerError('UNSTORABLE_VALUE', { what, path: answer.path, problem: answer.problem });
}

const CHECKS = new WeakMap<TaskDefinition, SchemaCheck>(); // compiled once per definition; forgets with it

function hasSchema(loaded: Pick<LoadedDefinition, 'definition' | 'contextSchema'>): boolean {
  return loaded.contextSchema !== null || loaded.definition.schema !== null;
}

async function validate(
  loaded: Pick<LoadedDefinition, 'definition' | 'contextSchema'>,
  value: Json,
): Promise<SchemaAnswer> {
  if (loaded.contextSchema !== null) {
    const answer = await validateStandard(loaded.contextSchema, value);
    // A Standard Schema may make anything; the gate that follows refuses what is not JSON.
    return answer.ok ? { ok: true, value: answer.value as Json } : answer;
  }
  if (loaded.definition.schema === null) return { ok: true, value };
  const check = CHECKS.get(loaded.definition) ?? compileJsonSchema(loaded.definition.schema);
  CHECKS.set(loaded.definition, check);
  return check(value);
}

function checkBypass(definition: TaskDefinition, names: readonly string[]): ReadonlySet<number> {
  const bypassed = new Set<number>();
  for (const name of names) {
    const step = definition.steps.find((s) => s.name === name);
    if (!step) {
      const suggestion = didYouMean(
        name,
        definition.steps.map((s) => s.name),
      );
      throw new TaskerError('UNKNOWN_BYPASS_STEP', {
        task: definition.name,
        step: name,
        suggestion,
      });
    }
    if (!step.skippable)
      throw new TaskerError('STEP_NOT_SKIPPABLE', { task: definition.name, step: name });
    bypassed.add(step.position);
  }
  return bypassed;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function optionalText(value: unknown, field: string, longest: number): string | undefined {
  return value === undefined ? undefined : checkText(field, value, longest);
}

function moment(value: unknown): Date | null {
  if (value === undefined) return null;
  const year = value instanceof Date ? value.getUTCFullYear() : NaN;
  if (!(value instanceof Date) || !(year >= 1970 && year <= 9999))
    throw invalid('requestedAt must be a Date between 1970 and 9999');
  return value;
}

function priority(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > MAX_PRIORITY) {
    throw invalid(`priority must be a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`);
  }
  return value;
}

function invalid(problem: string): TaskerError<'INVALID_REQUEST'> {
  return new TaskerError('INVALID_REQUEST', { problem });
}
