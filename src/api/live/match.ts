import type { TaskFilter } from '../../engine/list-types.ts';
import type { Json } from '../../kernel/json.ts';
import type { Task } from '../../model/task.ts';
import type { Needs, Subject } from './subject.ts';

/** A filter that many watchers may share. */
export interface LiveFilter {
  /** The same for the same filter and the same namespaces. */
  readonly key: string;
  readonly needs: Needs;
  /** False when matching needs what is not kept in memory after the moment of the change. */
  readonly isReplayable: boolean;
  readonly matches: (subject: Subject) => boolean;
}

/**
 * A list's filter for tasks as they change. Statuses, of the task and of its steps, are left out: a task that leaves the list by its
 * status is told too, and whoever shows the list takes it out. `namespaces` is what the watcher may see; null means all.
 */
export function compileFilter(
  filter: TaskFilter,
  namespaces: readonly string[] | null,
): LiveFilter {
  const { status: _status, stepStatus: _stepStatus, ...constant } = filter;
  const scopes = [namespaces, filter.namespaces ?? null].flatMap((scope) =>
    scope === null ? [] : [new Set(scope)],
  );
  const needs = {
    systems: constant.dependentSystem !== undefined,
    annotations: constant.annotation !== undefined,
  };
  return {
    key: JSON.stringify([sortedEntries(constant), namespaces]),
    needs,
    isReplayable: !needs.annotations && !needs.systems && (constant.context ?? []).length === 0,
    matches: (subject) =>
      scopes.every((scope) => scope.has(subject.task.namespace)) &&
      matchesColumns(constant, subject.task) &&
      matchesContext(constant, subject.task.context) &&
      (constant.dependentSystem === undefined || subject.systems.has(constant.dependentSystem)) &&
      matchesAnnotation(constant, subject),
  };
}

function sortedEntries(filter: object): readonly (readonly [string, unknown])[] {
  return Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function matchesColumns(filter: TaskFilter, task: Task): boolean {
  const { name, namespace, version, tag, initiator, sourceSystem, createdFrom, createdTo } = filter;
  return (
    (name === undefined || task.name === name) &&
    (namespace === undefined || task.namespace === namespace) &&
    (version === undefined || task.version === version) &&
    (tag === undefined || task.tags.includes(tag)) &&
    (initiator === undefined || task.initiator === initiator) &&
    (sourceSystem === undefined || task.sourceSystem === sourceSystem) &&
    (createdFrom === undefined || task.createdAt >= createdFrom) &&
    (createdTo === undefined || task.createdAt < createdTo)
  );
}

function matchesContext({ context = [] }: TaskFilter, value: Json): boolean {
  return context.every((wanted) => at(value, wanted.path.split('.')) === wanted.value);
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const inner: unknown = Reflect.get(value, key);
  return at(inner as Json, rest); // sound: a member of JSON is JSON
}

function matchesAnnotation({ annotation }: TaskFilter, subject: Subject): boolean {
  if (annotation === undefined) return true;
  return subject.annotations.some((note) => {
    if (note.type !== annotation.type) return false;
    const found = at(note.annotation, [annotation.key]);
    return found !== undefined && typeof found !== 'object' && String(found) === annotation.value;
  });
}
