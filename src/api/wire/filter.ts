import {
  contextFilters,
  type TaskFilterBody,
  type TaskFilterQuery,
} from '../../contract/task-filter.ts';
import type { TaskFilter } from '../../engine/list-types.ts';
import { TaskerError } from '../../kernel/errors.ts';

/** Members without those that were not given: `exactOptionalPropertyTypes` tells absent from undefined. */
function given<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> }; // sound: what is undefined was taken out
}

/** The filter that a query string asks for. @throws INVALID_REQUEST for half an annotation */
export function filterOfQuery(query: TaskFilterQuery): TaskFilter {
  const { annotation_type: type, annotation_key: key, annotation_value: value } = query;
  const context = contextFilters(query);
  const annotation =
    type === undefined || key === undefined || value === undefined
      ? undefined
      : { type, key, value };
  if (annotation === undefined && (type ?? key ?? value) !== undefined) {
    const problem = 'annotation_type, annotation_key and annotation_value belong together';
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  return partial({
    status: query.status,
    name: query.name,
    namespace: query.namespace,
    version: query.version,
    tag: query.tag,
    initiator: query.initiator,
    sourceSystem: query.source_system,
    createdFrom: query.created_from,
    createdTo: query.created_to,
    stepStatus: query.step_status,
    dependentSystem: query.dependent_system,
    context: context.length === 0 ? undefined : context,
    annotation,
  });
}

/** The filter that a body asks for. */
export function filterOfBody(body: TaskFilterBody): TaskFilter {
  return partial({
    status: body.status,
    name: body.name,
    namespace: body.namespace,
    version: body.version,
    tag: body.tag,
    initiator: body.initiator,
    sourceSystem: body.source_system,
    createdFrom: body.created_from,
    createdTo: body.created_to,
    stepStatus: body.step_status,
    dependentSystem: body.dependent_system,
    context:
      body.context === undefined
        ? undefined
        : Object.entries(body.context).map(([path, value]) => ({ path, value })),
    annotation: body.annotation,
  });
}

function partial(members: { [K in keyof TaskFilter]?: TaskFilter[K] | undefined }): TaskFilter {
  return given(members);
}
