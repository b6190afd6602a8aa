import type { Json } from '../kernel/json.ts';
import { isJsonObject } from '../kernel/json.ts';
import { findCycle } from '../model/graph.ts';
import { MAX_STEPS } from '../model/task.ts';
import { contentHash } from './content-hash.ts';
import type { Fields } from './fields.ts';
import {
  booleanField,
  choiceField,
  durationField,
  given,
  integerField,
  isList,
  listField,
  nameField,
  objectField,
  oneOf,
  refuseUnknown,
  requireField,
  textField,
} from './fields.ts';
import { MAX_DESCRIPTION, MAX_SYSTEM_NAME, MAX_TASK_NAME } from './names.ts';
import { checkNamedSteps, readParents } from './read-parents.ts';
import type { Report } from './problem.ts';
import { RETRY_FIELDS, readRetry } from './read-retry.ts';
import { readSchema } from './read-schema.ts';
import type { CodeStep, StepSurroundings } from './read-step.ts';
import { readStep } from './read-step.ts';
import type { IdentityStrategy, StepTemplate, TaskDefinition } from './task-definition.ts';

/** What the normal form needs to know of the world. */
export interface NormalizeOptions extends Pick<
  StepSurroundings,
  'kinds' | 'strategies' | 'hasHandler' | 'handlerNames' | 'resolveFile'
> {
  readonly report: Report;
  /** For a definition in code: what its steps have that is not data, by position. */
  readonly code?: readonly CodeStep[];
}

/** Fields of the seed's file that are kept and shown, but drive nothing. */
const METADATA_FIELDS = [
  'module_namespace',
  'class_name',
  'task_handler_class',
  'named_steps',
] as const;

const TASK_FIELDS = [
  'name',
  'namespace',
  'version',
  'description',
  'concurrent',
  'width',
  'priority',
  'queue',
  'identity',
  'schema',
  'default_dependent_system',
  'steps',
  'step_templates',
  'environments',
  ...METADATA_FIELDS,
  ...RETRY_FIELDS,
];

/** How long a request counts as a repetition of an identical one, as in the seed. */
export const DEFAULT_IDENTITY_WINDOW_MS = 60_000;

/**
 * Turns a document in the words of the file format into the normal form. Both roads, YAML and code, end here.
 *
 * Every fault goes to `report`; when there was one, the answer is good for nothing but further checks.
 */
export function normalize(
  document: { readonly [key: string]: Json },
  options: NormalizeOptions,
): TaskDefinition {
  const fields: Fields = { path: [], values: document, report: options.report };
  refuseUnknown(fields, TASK_FIELDS);
  requireField(fields, 'name');
  const stepsField = oneOf(fields, ['step_templates', 'steps']) ?? 'steps';
  const name = nameField(fields, 'name', MAX_TASK_NAME) ?? '';
  const steps = readSteps(fields, stepsField, options);
  checkCycle(steps, { path: stepsField, report: options.report });
  const version = readVersion(fields);
  const body = {
    namespace: nameField(fields, 'namespace', MAX_TASK_NAME) ?? 'default',
    name,
    description: textField(fields, 'description', MAX_DESCRIPTION) ?? name,
    width: readWidth(fields),
    priority: integerField(fields, 'priority', { min: -1_000, max: 1_000 }) ?? 0,
    schema: readSchema(fields, 'schema'),
    identity: readIdentity(fields, options.code !== undefined),
    metadata: readMetadata(fields),
    steps,
  };
  const hash = contentHash(body);
  return {
    ...body,
    version: version ?? `0.0.0+${hash.slice(0, 12)}`,
    versionDeclared: version !== undefined,
    contentHash: hash,
  };
}

function readSteps(fields: Fields, stepsField: string, options: NormalizeOptions): StepTemplate[] {
  const templates = listField(fields, stepsField);
  if (templates === undefined && given(fields, stepsField) !== undefined) return [];
  if (templates === undefined || templates.length === 0) {
    const path = templates === undefined ? [] : [stepsField];
    options.report({ code: 'NO_STEPS', path, message: 'a task needs at least one step' });
    return [];
  }
  if (templates.length > MAX_STEPS) {
    options.report({
      code: 'RANGE',
      path: [stepsField],
      message: `a task has at most ${MAX_STEPS} steps (got ${templates.length})`,
    });
    return [];
  }
  const shared = {
    ...options,
    defaultSystem: textField(fields, 'default_dependent_system', MAX_SYSTEM_NAME) ?? 'unknown',
    defaultQueue: nameField(fields, 'queue', MAX_SYSTEM_NAME) ?? 'default',
    retry: readRetry(fields, options.strategies),
  };
  const places = templates.map((values, position): Fields => {
    const path = [stepsField, position];
    if (!isJsonObject(values))
      options.report({ code: 'TYPE', path, message: 'a step must be an object with a name' });
    return { path, values: isJsonObject(values) ? values : {}, report: options.report };
  });
  const drafts = places.flatMap((place, position) =>
    isJsonObject(templates[position] ?? null)
      ? [{ place, draft: readStep(place, position, { ...shared, code: options.code?.[position] }) }]
      : [],
  );
  const positions = indexByName(drafts);
  checkNamedSteps(fields, drafts);
  return drafts.map(({ place, draft }) => ({ ...draft, parents: readParents(place, positions) }));
}

function indexByName(
  drafts: readonly { readonly place: Fields; readonly draft: Omit<StepTemplate, 'parents'> }[],
): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const { place, draft } of drafts) {
    if (draft.name === '') continue; // missing or refused, which has been said
    if (positions.has(draft.name)) {
      place.report({
        code: 'DUPLICATE_STEP',
        path: [...place.path, 'name'],
        message: `there are two steps named "${draft.name}"`,
      });
    } else {
      positions.set(draft.name, draft.position);
    }
  }
  return positions;
}

function checkCycle(
  steps: readonly StepTemplate[],
  { path, report }: { readonly path: string; readonly report: Report },
): void {
  const cycle = findCycle(
    steps.map((step) => step.parents.filter((parent) => parent !== step.position)),
  );
  if (cycle === null) return;
  const names = cycle.map((position) => steps[position]?.name ?? '?');
  const shown =
    names.length > 12
      ? [...names.slice(0, 6), `… ${names.length - 9} more …`, ...names.slice(-3)]
      : names;
  report({
    code: 'CYCLE',
    path: [path, cycle[0] ?? 0, 'depends_on_step'],
    message: `the steps wait for one another in a circle: ${shown.join(' -> ')} (each depends on the next)`,
  });
}

function readVersion(fields: Fields): string | undefined {
  const value = given(fields, 'version');
  if (typeof value === 'number') {
    const message = `must be text: write version: "${value}" in quotes, since a number loses its last zero`;
    fields.report({
      code: 'TYPE',
      path: ['version'],
      field: 'version',
      message: message.replace('version: ', ''),
    });
    return undefined;
  }
  const version = textField(fields, 'version', 64);
  if (version === undefined || /^[0-9A-Za-z][0-9A-Za-z.+_-]*$/.test(version)) return version;
  fields.report({
    code: 'INVALID_VALUE',
    path: ['version'],
    field: 'version',
    message: 'must look like 1.2.0',
  });
  return undefined;
}

/** `concurrent: false` is a width of one: steps run in template order. */
function readWidth(fields: Fields): number | null {
  const width = integerField(fields, 'width', { min: 1, max: 1_000_000 });
  if (booleanField(fields, 'concurrent') !== false) return width ?? null;
  if (width !== undefined && width !== 1) {
    fields.report({
      code: 'AMBIGUOUS',
      path: ['width'],
      field: 'width',
      message: 'contradicts concurrent: false, which is a width of 1',
    });
  }
  return 1;
}

/** `identity: hash`, or `identity: {strategy: hash, window: 5m}`. */
function readIdentity(fields: Fields, isCode: boolean): TaskDefinition['identity'] {
  const strategies: IdentityStrategy[] = [
    'none',
    'hash',
    'key',
    ...(isCode ? (['custom'] as const) : []),
  ];
  if (typeof given(fields, 'identity') === 'string') {
    return {
      strategy: choiceField(fields, 'identity', strategies) ?? 'hash',
      windowMs: DEFAULT_IDENTITY_WINDOW_MS,
    };
  }
  const inner = objectField(fields, 'identity');
  if (!inner) return { strategy: 'hash', windowMs: DEFAULT_IDENTITY_WINDOW_MS };
  refuseUnknown(inner, ['strategy', 'window']);
  return {
    strategy: choiceField(inner, 'strategy', strategies) ?? 'hash',
    windowMs: durationField(inner, 'window') ?? DEFAULT_IDENTITY_WINDOW_MS,
  };
}

function readMetadata(fields: Fields): Readonly<Record<string, Json>> {
  const found: Record<string, Json> = {};
  for (const name of METADATA_FIELDS) {
    const value = given(fields, name);
    if (value === undefined) continue;
    if (name === 'named_steps' ? isList(value) : typeof value === 'string') found[name] = value;
    else if (name !== 'named_steps')
      fields.report({ code: 'TYPE', path: [name], field: name, message: 'must be text' });
  }
  return found;
}
