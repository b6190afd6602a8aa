import type { Entry } from './error-entry.ts';

/** Errors of GraphQL requests as a whole; those of single fields are the same as everywhere. */
export const GRAPHQL_ERRORS = {
  GRAPHQL_INVALID: {
    status: 400,
    message: (d: { problem: string }) => d.problem,
    hint: 'Correct the document or its variables; nothing was executed. docs/graphql.md shows the fields.',
  },
  TOKENS: {
    status: 400,
    message: (d: { limit: number }) => `The GraphQL document has more than ${d.limit} tokens`,
    hint: 'Ask for less in one document; lists take filters, so that no object must be named one by one.',
  },
  DEPTH: {
    status: 400,
    message: (d: { depth: number; limit: number }) =>
      `The GraphQL document is ${d.depth} levels deep; at most ${d.limit} are accepted`,
    hint: 'Ask for the inner objects in a request of their own.',
  },
  COST: {
    status: 400,
    message: (d: { problem: string }) => `The GraphQL answer ${d.problem}`,
    hint: 'Ask for fewer objects: a smaller limit or first, fewer aliases, fewer lists inside of lists.',
  },
} as const satisfies Record<string, Entry>;
