import type { Json } from '../kernel/json.ts';
import { gateJson, isJsonObject } from '../kernel/json.ts';
import { nearest } from '../kernel/nearest.ts';
import type { KindRules } from './kind-rules.ts';
import type { HandlerRef, StepTemplate } from './task-definition.ts';
import type { Fields } from './fields.ts';
import {
  booleanField,
  durationField,
  given,
  integerField,
  nameField,
  oneOf,
  refuseUnknown,
  requireField,
  shorten,
  textField,
} from './fields.ts';
import { MAX_DESCRIPTION, MAX_HANDLER_NAME, MAX_STEP_NAME, MAX_SYSTEM_NAME } from './names.ts';
import type { RetrySettings, StrategyNames } from './read-retry.ts';
import { RETRY_FIELDS, backoffPolicy, readApiRetry, readRetry } from './read-retry.ts';
import { readSchema } from './read-schema.ts';

/** A step read from its template; who its parents are is settled once all steps have been read. */
export type StepDraft = Omit<StepTemplate, 'parents'>;

/** What a code definition knows of a step that is not data. */
export interface CodeStep {
  readonly kind: string;
  /** True when a function, object or class was given. */
  readonly inline: boolean;
}

/** What reading a step needs from around it. */
export interface StepSurroundings {
  readonly defaultSystem: string;
  readonly defaultQueue: string;
  readonly retry: RetrySettings;
  readonly kinds: ReadonlyMap<string, KindRules> | null;
  readonly strategies: StrategyNames;
  /** Whether a handler of that name is registered; without it, names are not looked up. */
  readonly hasHandler: ((name: string) => boolean) | undefined;
  readonly handlerNames: () => Iterable<string>;
  /** The absolute path of a file named in the definition, or null when the definition is not in a file. */
  readonly resolveFile: (text: string) => string | null;
  readonly code: CodeStep | undefined;
}

const STEP_FIELDS = [
  'name',
  'description',
  'handler',
  'handler_class',
  'handler_config',
  'dependent_system',

  'depends_on_step',
  'depends_on_steps',
  'skippable',
  'timeout',
  'timeout_ms',
  'queue',
  'result_schema',
  ...RETRY_FIELDS,
];

/** Reads one step template in the words of the file format. */
export function readStep(fields: Fields, position: number, around: StepSurroundings): StepDraft {
  refuseUnknown(fields, STEP_FIELDS);
  requireField(fields, 'name');
  const name = nameField(fields, 'name', MAX_STEP_NAME) ?? '';
  const config = readConfig(fields);
  const retry = readRetry(fields, around.strategies);
  const named = readHandler(fields, around);
  const kind =
    around.code?.kind ??
    readKind(fields, config, { kinds: around.kinds, hasHandler: named !== null });
  checkKind(fields, kind, { config, named, around });
  const levels = [retry, readApiRetry(kind ?? 'function', config), around.retry];
  return {
    position,
    name,
    description: textField(fields, 'description', MAX_DESCRIPTION) ?? name,
    dependentSystem: textField(fields, 'dependent_system', MAX_SYSTEM_NAME) ?? around.defaultSystem,
    kind: kind ?? 'function',
    handler: around.code?.inline === true ? { from: 'code' } : (named ?? { from: 'none' }),
    config,
    retryable: retry.retryable ?? around.retry.retryable ?? true,
    retryLimit: retry.limit ?? around.retry.limit ?? 3,
    backoff: backoffPolicy(levels),
    timeoutMs: readTimeout(fields),
    skippable: booleanField(fields, 'skippable') ?? false,
    queue: nameField(fields, 'queue', MAX_SYSTEM_NAME) ?? around.defaultQueue,
    resultSchema: readSchema(fields, 'result_schema'),
  };
}

function readTimeout(fields: Fields): number | null {
  const used = oneOf(fields, ['timeout', 'timeout_ms']);
  if (used === 'timeout') return durationField(fields, 'timeout') ?? null;
  return integerField(fields, 'timeout_ms', { min: 1, max: 315_360_000_000 }) ?? null;
}

function readConfig(fields: Fields): Json {
  const config = given(fields, 'handler_config') ?? null;
  const answer = gateJson(config);
  if (answer.ok) return config;
  const message = `cannot be stored: ${answer.problem} at ${answer.path}`;
  fields.report({
    code: 'TYPE',
    path: [...fields.path, 'handler_config'],
    field: 'handler_config',
    message,
  });
  return null;
}

/** A name of the handler registry, or `./steps/cart.ts#fetchCart` relative to the definition's file. */
function readHandler(fields: Fields, around: StepSurroundings): HandlerRef | null {
  const field = oneOf(fields, ['handler', 'handler_class']) ?? 'handler';
  const text = textField(fields, field, MAX_HANDLER_NAME);
  if (text === undefined) return null;
  if (/^\.\.?\//.test(text)) return readFileHandler(fields, { field, text, around });
  if (around.hasHandler === undefined || around.hasHandler(text))
    return { from: 'registry', name: text };
  fields.report({
    code: 'UNKNOWN_HANDLER',
    path: [...fields.path, field],
    message: `no handler is registered under the name "${shorten(text)}"`,
    suggestion: nearest(text, around.handlerNames()),
  });
  return null;
}

function readFileHandler(
  fields: Fields,
  {
    field,
    text,
    around,
  }: { readonly field: string; readonly text: string; readonly around: StepSurroundings },
): HandlerRef | null {
  const [, file, name] = /^([^#]+)#([A-Za-z_$][\w$]*)$/.exec(text) ?? [];
  const path = file === undefined ? null : around.resolveFile(file);
  if (path !== null && name !== undefined) return { from: 'file', path, export: name, text };
  fields.report({
    code: 'INVALID_VALUE',
    path: [...fields.path, field],
    field,
    message:
      path === null && file !== undefined
        ? 'must not name a file here'
        : 'needs the name of an export: ./steps/cart.ts#fetchCart',
  });
  return null;
}

/**
 * `handler_config.type` names the kind; without it, the step is a `function`. Other values of `type` are the handler's own affair,
 * as in the seed, unless no handler is there to understand them or they look like a misspelt kind.
 */
function readKind(
  fields: Fields,
  config: Json,
  {
    kinds,
    hasHandler,
  }: { readonly kinds: ReadonlyMap<string, KindRules> | null; readonly hasHandler: boolean },
): string | null {
  const type = isJsonObject(config) ? config['type'] : undefined;
  if (typeof type !== 'string' || kinds === null) return 'function';
  if (kinds.has(type)) return type;
  const suggestion = nearest(type, kinds.keys());
  if (!hasHandler || suggestion !== undefined) {
    fields.report({
      code: 'UNKNOWN_KIND',
      path: [...fields.path, 'handler_config', 'type'],
      message: `there is no kind of step "${shorten(type)}"; the kinds are ${[...kinds.keys()].join(', ')}`,
      suggestion,
    });
    return null;
  }
  return 'function';
}

function checkKind(
  fields: Fields,
  kind: string | null,
  {
    config,
    named,
    around,
  }: {
    readonly config: Json;
    readonly named: HandlerRef | null;
    readonly around: StepSurroundings;
  },
): void {
  if (kind === null) return; // there is no such kind, which has been said
  const rules = around.kinds?.get(kind);
  const mentioned =
    given(fields, 'handler') !== undefined || given(fields, 'handler_class') !== undefined;
  const hasCode = named !== null || mentioned || around.code?.inline === true;
  if (!hasCode && (rules?.code ?? 'optional') === 'required') requireField(fields, 'handler');
  if (hasCode && rules?.code === 'none') {
    fields.report({
      code: 'HANDLER_CONFIG',
      path: fields.path,
      field: 'handler',
      message: `has no place in a step of kind "${kind}"`,
    });
  }
  for (const fault of rules?.checkConfig(config) ?? []) {
    fields.report({
      code: 'HANDLER_CONFIG',
      path: [...fields.path, 'handler_config', ...configPath(fault.path)],
      message: `handler_config${fault.path === '' ? '' : `.${fault.path}`} ${fault.message}`,
    });
  }
}

/** `params.ids[0]` as keys and indexes. */
export function configPath(path: string): (string | number)[] {
  return path
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : part));
}
