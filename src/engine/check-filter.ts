import { TaskerError } from '../kernel/errors.ts';
import { STEP_STATUSES, TASK_STATUSES } from '../model/status.ts';
import type { DefinitionMatch } from '../store/definitions/match-definitions.ts';
import type { TaskSearch } from '../store/tasks/task-search.ts';
import { checkText, checkTexts, MAX_TEXT } from './check-text.ts';
import type { TaskFilter } from './list-types.ts';
import type { EngineParts } from './parts.ts';

const MAX_PATHS = 10;
const MAX_VALUE = 10_000;
const MAX_NAMES = 1_000;

/** Ids are drawn in the order of creation, but for what runs at once: see store/tasks/find-created.ts. */
export const MARGIN_MS = 10_000;

/** A filter that was checked, with what must be looked up for it. */
interface CheckedFilter {
  readonly definitions: DefinitionMatch | null;
  readonly search: Omit<TaskSearch, 'definitions' | 'fromId' | 'beforeId'>;
}

/**
 * Checks a filter, and looks up what the statements need of it: which definitions its names mean, and which ids its moments.
 * Null when nothing can match. @throws INVALID_REQUEST naming the field and what is wrong with it
 */
export async function resolveFilter(
  parts: EngineParts,
  filter: TaskFilter,
): Promise<TaskSearch | null> {
  const { definitions, search } = checkFilter(filter);
  const ids = definitions && (await parts.store.matchDefinitions(parts.db, definitions));
  if (ids?.length === 0 || search.status?.length === 0 || search.step?.status.length === 0)
    return null;
  const { fromId, beforeId } = await idBounds(parts, search);
  return { ...search, definitions: ids, fromId, beforeId };
}

/** True when a filter has a condition of its own: the namespaces that a caller may see are none, and neither is an empty context. */
export function namesSomething(filter: TaskFilter): boolean {
  return CONDITIONS.some((name) => filter[name] !== undefined) || (filter.context ?? []).length > 0;
}

const CONDITIONS = [
  'status',
  'name',
  'namespace',
  'version',
  'tag',
  'initiator',
  'sourceSystem',
  'createdFrom',
  'createdTo',
  'stepStatus',
  'dependentSystem',
  'annotation',
] as const;

async function idBounds(
  parts: EngineParts,
  { createdFrom, createdTo }: Pick<TaskSearch, 'createdFrom' | 'createdTo'>,
): Promise<{ readonly fromId: number | null; readonly beforeId: number | null }> {
  const moments = [
    ...(createdFrom === null ? [] : [new Date(createdFrom.getTime() - MARGIN_MS)]),
    ...(createdTo === null ? [] : [new Date(createdTo.getTime() + MARGIN_MS)]),
  ];
  if (moments.length === 0) return { fromId: null, beforeId: null };
  const ids = [...(await parts.store.findCreated(parts.db, moments))];
  return {
    fromId: createdFrom === null ? null : (ids.shift() ?? null),
    beforeId: createdTo === null ? null : (ids.shift() ?? null),
  };
}

function checkFilter(filter: TaskFilter): CheckedFilter {
  const { createdFrom, createdTo, stepStatus, dependentSystem } = filter;
  const system = optional('dependentSystem', dependentSystem, MAX_TEXT);
  const match = {
    namespace: optional('namespace', filter.namespace, 255),
    namespaces:
      filter.namespaces === undefined
        ? null
        : checkTexts('namespaces', filter.namespaces, { longest: 255, most: MAX_NAMES }),
    name: optional('name', filter.name, 255),
    version: optional('version', filter.version, 255),
    system,
  };
  const step = stepStatus === undefined ? null : oneOf('stepStatus', stepStatus, STEP_STATUSES);
  return {
    definitions: Object.values(match).every((value) => value === null) ? null : match,
    search: {
      status: filter.status === undefined ? null : oneOf('status', filter.status, TASK_STATUSES),
      tag: optional('tag', filter.tag, MAX_TEXT),
      initiator: optional('initiator', filter.initiator, MAX_TEXT),
      sourceSystem: optional('sourceSystem', filter.sourceSystem, MAX_TEXT),
      context: contextParts(filter.context ?? []),
      createdFrom: createdFrom === undefined ? null : moment('createdFrom', createdFrom),
      createdTo: createdTo === undefined ? null : moment('createdTo', createdTo),
      step: step && { status: step, system },
      annotation: filter.annotation === undefined ? null : annotationParts(filter.annotation),
    },
  };
}

function contextParts(asked: NonNullable<TaskFilter['context']>): readonly string[] {
  if (!Array.isArray(asked) || asked.length > MAX_PATHS)
    throw invalid(`context must be a list of at most ${MAX_PATHS} paths with their values`);
  return asked.map(({ path, value }, index) => {
    const names = checkText(`context[${index}].path`, path, 512).split('.');
    if (names.some((name) => name === ''))
      throw invalid(`context[${index}].path must be names with dots between them, such as cart.id`);
    if (typeof value === 'string') checkLongText(`context[${index}].value`, value);
    else if (value !== null && typeof value !== 'boolean' && !Number.isFinite(value))
      throw invalid(`context[${index}].value must be text, a number, true, false or null`);
    return JSON.stringify(names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value));
  });
}

/** The value as text, and as the number or truth value that the text spells. */
function annotationParts(
  asked: NonNullable<TaskFilter['annotation']>,
): NonNullable<TaskSearch['annotation']> {
  const key = checkText('annotation.key', asked.key, 1_000);
  const value = checkLongText('annotation.value', asked.value);
  const scalar = spelled(value);
  const values = [value, ...(scalar === null ? [] : [scalar])];
  return {
    type: checkText('annotation.type', asked.type, 64),
    values: values.map((one) => JSON.stringify({ [key]: one })),
  };
}

function spelled(text: string): number | boolean | null {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(text) ? Number(text) : null;
}

function oneOf<T extends string>(
  field: string,
  asked: readonly T[],
  known: readonly T[],
): readonly T[] {
  if (!Array.isArray(asked)) throw invalid(`${field} must be a list`);
  const unknown = asked.find((status) => !known.includes(status));
  if (unknown !== undefined)
    throw invalid(`${field} must be one of ${known.join(', ')}; "${String(unknown)}" is not`);
  return [...new Set(asked)];
}

function optional(field: string, value: string | undefined, longest: number): string | null {
  return value === undefined ? null : checkText(field, value, longest);
}

/** Text that may be empty. */
function checkLongText(field: string, value: unknown): string {
  return value === '' ? value : checkText(field, value, MAX_VALUE);
}

function moment(field: string, value: Date): Date {
  const time = value instanceof Date ? value.getTime() : NaN;
  if (Number.isNaN(time) || time < MIN_MS || time > MAX_MS)
    throw invalid(`${field} must be a moment between the years 1 and 9999`);
  return value;
}

const MIN_MS = -62_135_596_800_000;
const MAX_MS = 253_402_300_799_999;

function invalid(problem: string): TaskerError<'INVALID_REQUEST'> {
  return new TaskerError('INVALID_REQUEST', { problem });
}
