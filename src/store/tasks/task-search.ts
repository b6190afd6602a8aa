import type { StepStatus, TaskStatus } from '../../model/status.ts';
import type { Tables } from '../tables.ts';

/** A filter as the statements take it: names resolved to ids, moments to bounds of ids, values to JSON. Null asks for any. */
export interface TaskSearch {
  readonly status: readonly TaskStatus[] | null;
  readonly definitions: readonly number[] | null;
  readonly tag: string | null;
  readonly initiator: string | null;
  readonly sourceSystem: string | null;
  /** JSON objects that the context must contain. */
  readonly context: readonly string[];
  readonly createdFrom: Date | null;
  readonly createdTo: Date | null;
  /** Ids outside of these cannot match: what the two moments mean for the primary key. */
  readonly fromId: number | null;
  readonly beforeId: number | null;
  /** A step in one of these states, of this system if one is named. */
  readonly step: { readonly status: readonly StepStatus[]; readonly system: string | null } | null;
  /** A note of this type that contains one of these JSON objects. */
  readonly annotation: { readonly type: string; readonly values: readonly string[] } | null;
}

/** An order of tasks, and the task that a page before ended with. */
export interface SearchOrder {
  readonly by: 'task_id' | 'requested_at';
  readonly direction: 'asc' | 'desc';
  readonly after: { readonly taskId: number; readonly at: Date | null } | null;
}

/** The parameters of a statement that is put together: `bind` answers the place of a value. */
export interface Binder {
  readonly bind: (value: unknown, type: string) => string;
  readonly values: readonly unknown[];
}

export function createBinder(): Binder {
  const values: unknown[] = [];
  return {
    bind: (value, type) => {
      values.push(value);
      return `$${values.length}::${type}`;
    },
    values,
  };
}

/** What a row of `tasks` (alias `task`) must fulfil, cheap questions first: a step or a note is asked by its task's key. */
export function rowConditions(t: Tables, search: TaskSearch, { bind }: Binder): readonly string[] {
  const { status, definitions, tag, initiator, sourceSystem, context } = search;
  return [
    ...(status === null
      ? []
      : [`task.status = any (${bind(status, `${t.schema}.task_status[]`)})`]),
    ...(definitions === null
      ? []
      : [`task.definition_id = any (${bind(`{${definitions.join(',')}}`, 'int[]')})`]),
    ...(search.createdFrom === null
      ? []
      : [`task.created_at >= ${bind(search.createdFrom, 'timestamptz')}`]),
    ...(search.createdTo === null
      ? []
      : [`task.created_at < ${bind(search.createdTo, 'timestamptz')}`]),
    ...(initiator === null ? [] : [`task.initiator = ${bind(initiator, 'text')}`]),
    ...(sourceSystem === null ? [] : [`task.source_system = ${bind(sourceSystem, 'text')}`]),
    ...(tag === null ? [] : [`${bind(tag, 'text')} = any (task.tags)`]),
    ...context.map((part) => `task.context @> ${bind(part, 'jsonb')}`),
    ...relatedConditions(t, search, { bind }),
  ];
}

/**
 * The part of them that asks other tables, each by its key, task by task. `offset 0` keeps the planner from turning a question about one
 * task into a join, which read every note of a type (100 ms for 100,000, measured).
 */
export function relatedConditions(
  t: Tables,
  { step, annotation }: TaskSearch,
  { bind }: Pick<Binder, 'bind'>,
): readonly string[] {
  const ofSystem =
    step === null || step.system === null
      ? ''
      : ` and exists (select from ${t.named_steps} as n where n.definition_id = task.definition_id and n.position = s.position
              and n.dependent_system = ${bind(step.system, 'text')} offset 0)`;
  const steps =
    step === null
      ? []
      : [
          `exists (select from ${t.workflow_steps} as s where s.task_id = task.task_id
              and s.status = any (${bind(step.status, `${t.schema}.step_status[]`)})${ofSystem} offset 0)`,
        ];
  const notes =
    annotation === null
      ? []
      : [
          `exists (select from ${t.task_annotations} as a where a.task_id = task.task_id and ${noteConditions(t, annotation, bind)} offset 0)`,
        ];
  return [...steps, ...notes];
}

/** What a row of `task_annotations` (alias `a`) must fulfil. */
export function noteConditions(
  t: Tables,
  { type, values }: NonNullable<TaskSearch['annotation']>,
  bind: Binder['bind'],
): string {
  const contains = values.map((value) => `a.annotation @> ${bind(value, 'jsonb')}`).join(' or ');
  return `a.annotation_type_id = (select annotation_type_id from ${t.annotation_types} where name = ${bind(type, 'text')}) and (${contains})`;
}

/** The conditions that the index tasks_terms answers, or null when the search has none of them. */
export function termConditions(search: TaskSearch, { bind }: Binder): string | null {
  const { tag, initiator, sourceSystem, context } = search;
  const parts = [
    ...(tag === null ? [] : [`task.tags @> array[${bind(tag, 'text')}]`]),
    ...named('initiator', initiator, bind),
    ...named('source_system', sourceSystem, bind),
    ...context.map((part) => `task.context @> ${bind(part, 'jsonb')}`),
  ];
  return parts.length === 0 ? null : parts.join(' and ');
}

/** The index has both columns as one list, so the column itself is asked as well. */
function named(column: string, value: string | null, bind: Binder['bind']): readonly string[] {
  if (value === null) return [];
  const place = bind(value, 'text');
  return [
    `array[task.initiator, task.source_system] @> array[${place}]`,
    `task.${column} = ${place}`,
  ];
}

/** The ids that can match, and for the order by id those after the page before. `key` is the column that is compared. */
export function idConditions(
  { fromId, beforeId }: TaskSearch,
  { after, by, direction }: SearchOrder,
  { bind, key = 'task.task_id' }: Binder & { readonly key?: string },
): readonly string[] {
  return [
    ...(fromId === null ? [] : [`${key} >= ${bind(fromId, 'bigint')}`]),
    ...(beforeId === null ? [] : [`${key} < ${bind(beforeId, 'bigint')}`]),
    ...(after === null || by !== 'task_id'
      ? []
      : [`${key} ${direction === 'asc' ? '>' : '<'} ${bind(after.taskId, 'bigint')}`]),
  ];
}

/**
 * For the order by request, the tasks after the page before. The moment is read again from the task that the page ended with: a client
 * has it only to the millisecond.
 */
export function requestConditions(
  t: Tables,
  { after, by, direction }: SearchOrder,
  { bind }: Binder,
): readonly string[] {
  if (after === null || by !== 'requested_at') return [];
  const taskId = bind(after.taskId, 'bigint');
  const at = `coalesce((select requested_at from ${t.tasks} where task_id = ${taskId}), ${bind(after.at, 'timestamptz')})`;
  return [
    `(task.requested_at, task.task_id) ${direction === 'asc' ? '>' : '<'} (${at}, ${taskId})`,
  ];
}
