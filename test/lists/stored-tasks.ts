import { fillTasks } from '../../bench/list-data.mjs';
import type { TaskFilter } from '../../src/engine/list-types.ts';
import type { StepStatus, TaskStatus } from '../../src/model/status.ts';
import type { Engine } from '../support/engine.ts';

/** A task as a filter sees it, read with SQL of its own. */
export interface StoredTask {
  readonly taskId: number;
  readonly status: TaskStatus;
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly tags: readonly string[];
  readonly initiator: string;
  readonly sourceSystem: string;
  /** Microseconds, as text: what JavaScript's dates lose decides the order. */
  readonly requestedAt: string;
  readonly createdAt: Date;
  readonly context: Readonly<Record<string, unknown>>;
  readonly steps: readonly { readonly status: StepStatus; readonly system: string }[];
  readonly notes: readonly {
    readonly type: string;
    readonly note: Readonly<Record<string, unknown>>;
  }[];
}

/** Fills an engine's database with many tasks of every kind, and reads them. The data does not keep all of the engine's laws. */
export async function storeTasks(engine: Engine, count: number): Promise<readonly StoredTask[]> {
  const query = (text: string, values?: readonly unknown[]): Promise<unknown> =>
    engine.sql(text.replace('search_path = tasker', `search_path = ${engine.schema}`), values);
  await fillTasks({ query }, count);
  const rows = await engine.sql(`
    select task.task_id, task.status::text, d.name, d.namespace, d.version, task.tags, task.initiator, task.source_system,
           to_char(task.requested_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as requested, task.created_at, task.context,
           (select jsonb_agg(jsonb_build_object('status', s.status, 'system', n.dependent_system))
              from {schema}.workflow_steps s join {schema}.named_steps n on n.position = s.position
             where s.task_id = task.task_id and n.definition_id = task.definition_id) as steps,
           (select jsonb_agg(jsonb_build_object('type', y.name, 'note', a.annotation))
              from {schema}.task_annotations a join {schema}.annotation_types y using (annotation_type_id)
             where a.task_id = task.task_id) as notes
      from {schema}.tasks task join {schema}.task_definitions d using (definition_id)`);
  return rows.map((row) => ({
    taskId: row['task_id'] as number, // the statement's column types
    status: row['status'] as TaskStatus,
    name: row['name'] as string,
    namespace: row['namespace'] as string,
    version: row['version'] as string,
    tags: row['tags'] as readonly string[],
    initiator: row['initiator'] as string,
    sourceSystem: row['source_system'] as string,
    requestedAt: row['requested'] as string,
    createdAt: row['created_at'] as Date,
    context: row['context'] as StoredTask['context'],
    steps: (row['steps'] ?? []) as StoredTask['steps'],
    notes: (row['notes'] ?? []) as StoredTask['notes'],
  }));
}

/** What a filter means, said once more and plainly. */
export function matches(task: StoredTask, filter: TaskFilter): boolean {
  const { createdFrom, createdTo, stepStatus, dependentSystem, annotation } = filter;
  const created = task.createdAt.getTime();
  return (
    (filter.status?.includes(task.status) ?? true) &&
    (filter.name === undefined || task.name === filter.name) &&
    (filter.namespace === undefined || task.namespace === filter.namespace) &&
    (filter.namespaces?.includes(task.namespace) ?? true) &&
    (filter.version === undefined || task.version === filter.version) &&
    (filter.tag === undefined || task.tags.includes(filter.tag)) &&
    (filter.initiator === undefined || task.initiator === filter.initiator) &&
    (filter.sourceSystem === undefined || task.sourceSystem === filter.sourceSystem) &&
    (createdFrom === undefined || created >= createdFrom.getTime()) &&
    (createdTo === undefined || created < createdTo.getTime()) &&
    (filter.context ?? []).every(({ path, value }) => at(task.context, path) === value) &&
    (dependentSystem === undefined || task.steps.some((s) => s.system === dependentSystem)) &&
    (stepStatus === undefined ||
      task.steps.some(
        (s) =>
          stepStatus.includes(s.status) &&
          (dependentSystem === undefined || s.system === dependentSystem),
      )) &&
    (annotation === undefined ||
      task.notes.some(
        ({ type, note }) =>
          type === annotation.type && String(note[annotation.key]) === annotation.value,
      ))
  );
}

function at(context: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[name] // sound: an object
        : undefined,
    context,
  );
}

/** The ids of the tasks that a request means, in its order. */
export function expectedIds(
  tasks: readonly StoredTask[],
  filter: TaskFilter,
  {
    sortBy = 'task_id',
    sortOrder = 'desc',
  }: { readonly sortBy?: string; readonly sortOrder?: string },
): readonly number[] {
  const sign = sortOrder === 'asc' ? 1 : -1;
  const byId = (a: StoredTask, b: StoredTask): number => sign * (a.taskId - b.taskId);
  const found = tasks.filter((task) => matches(task, filter));
  return found
    .toSorted((a, b) =>
      sortBy === 'requested_at' && a.requestedAt !== b.requestedAt
        ? sign * (a.requestedAt < b.requestedAt ? -1 : 1)
        : byId(a, b),
    )
    .map((task) => task.taskId);
}
