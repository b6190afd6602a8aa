import type { Handlers } from '../route.ts';
import { filterOfQuery } from '../wire/filter.ts';

type LiveHandlers = Pick<Handlers, 'watchTasks' | 'watchTask'>;

export const liveHandlers: LiveHandlers = {
  async watchTasks({ query, request, access, parts }) {
    const { namespaces: _, ...filter } = await access.filter(filterOfQuery(query));
    return parts.hub.watch({
      filter,
      namespaces: access.principal.namespaces,
      isAllowed: () => access.still('tasks:list'),
      lastEventId: request.headers.get('last-event-id'),
      until: null,
      signal: request.signal,
    });
  },

  watchTask({ task, query, request, access, parts }) {
    const resource = { namespace: task.namespace, taskId: task.taskId };
    return Promise.resolve(
      parts.hub.watch({
        taskId: task.taskId,
        namespaces: access.principal.namespaces,
        isAllowed: () => access.still('tasks:read', resource),
        lastEventId: request.headers.get('last-event-id'),
        until: query.until ?? null,
        signal: request.signal,
      }),
    );
  },
};
