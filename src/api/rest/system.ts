import { TaskerError } from '../../kernel/errors.ts';
import type { Json } from '../../kernel/json.ts';
import { VERSION } from '../../version.ts';
import type { Handlers } from '../route.ts';
import { answerGraphql } from '../graphql/serve.ts';

type SystemHandlers = Pick<
  Handlers,
  'live' | 'ready' | 'status' | 'metrics' | 'openapi' | 'graphql'
>;

/** What tells of the system itself. Probes say one word to those who are not known: details are for `system:read`. */
export function systemHandlers(openapi: { readonly [key: string]: Json }): SystemHandlers {
  return {
    // A process that answers lives.
    live: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),

    async ready({ parts }) {
      const { ready } = await parts.tasker.health();
      return ready
        ? { status: 200, body: { status: 'ok' } }
        : { status: 503, body: { status: 'unavailable' } };
    },

    async status({ parts }) {
      const { ready, checks } = await parts.tasker.health();
      const shown = checks.map(({ name, ok, detail }) => ({ name, ok, detail }));
      if (!ready) return { status: 503, body: { status: 'unavailable', checks: shown } };
      const about = await parts.tasker.about();
      return { status: 200, body: { status: 'ok', checks: shown, version: VERSION, ...about } };
    },

    async metrics({ access, parts }) {
      // The numbers are those of all namespaces, by the names of their tasks.
      if (access.principal.namespaces !== null)
        throw new TaskerError('FORBIDDEN', { permission: 'system:read in every namespace' });
      const { contentType, text } = await parts.tasker.metrics();
      return { status: 200, text, contentType };
    },

    openapi: () => Promise.resolve({ status: 200, body: openapi }),

    graphql: ({ body, request, requestId, access, parts }) =>
      answerGraphql(body, { request, requestId, access, parts }),
  };
}
