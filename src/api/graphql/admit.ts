import { GraphQLError, Kind, parse, specifiedRules, validate, type DocumentNode } from 'graphql';
import { TaskerError } from '../../kernel/errors.ts';
import type { Access } from '../access.ts';
import { measure, type Measure } from './measure.ts';
import { GRAPHQL_SCHEMA } from './schema.ts';

/** What one request may ask for. */
export const GRAPHQL_LIMITS = {
  /** Words and signs of the document. */
  tokens: 2_000,
  /** Levels of fields. */
  depth: 8,
  /** Levels of fields in `__schema` and `__type`: tools ask 15 deep. */
  introspectionDepth: 15,
  /** Objects that are read, as estimated before. */
  cost: 1_000,
} as const;

const NO_STREAMS = {
  problem: 'There are no subscriptions here; live changes are told by the event streams',
};

/** Enough to correct a query by. */
const MAX_ERRORS = 20;

/** A document that may be executed, or why not. */
export type Admission =
  { readonly document: DocumentNode } | { readonly errors: readonly [unknown, ...unknown[]] };

/** Reads a document and checks it, the cheap checks first. Nothing is executed. */
export async function admit(
  query: string,
  variables: Readonly<Record<string, unknown>>,
  access: Access,
): Promise<Admission> {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: GRAPHQL_LIMITS.tokens });
  } catch (error) {
    return { errors: [parseError(error)] };
  }
  const foreign = document.definitions.find(
    (one) => one.kind === Kind.OPERATION_DEFINITION && !GRAPHQL_SCHEMA.getRootType(one.operation),
  );
  if (foreign !== undefined) return { errors: [new TaskerError('GRAPHQL_INVALID', NO_STREAMS)] };
  const measured = measure(GRAPHQL_SCHEMA, document, variables);
  const tooLarge = limitError(measured);
  if (tooLarge !== null) return { errors: [tooLarge] };
  const knowsSchema = await access.can('definitions:read');
  if (measured.introspectionDepth > 0 && !knowsSchema)
    return { errors: [new TaskerError('FORBIDDEN', { permission: 'definitions:read' })] };
  const [first, ...more] = validate(GRAPHQL_SCHEMA, document, specifiedRules, {
    maxErrors: MAX_ERRORS,
    hideSuggestions: !knowsSchema,
  });
  return first === undefined ? { document } : { errors: [first, ...more] };
}

function parseError(error: unknown): unknown {
  const isTooLong = error instanceof GraphQLError && error.message.includes('tokens');
  return isTooLong ? new TaskerError('TOKENS', { limit: GRAPHQL_LIMITS.tokens }) : error;
}

function limitError({ depth, introspectionDepth, cost }: Measure): TaskerError | null {
  if (depth > GRAPHQL_LIMITS.depth)
    return new TaskerError('DEPTH', { depth, limit: GRAPHQL_LIMITS.depth });
  if (introspectionDepth > GRAPHQL_LIMITS.introspectionDepth) {
    const limit = GRAPHQL_LIMITS.introspectionDepth;
    return new TaskerError('DEPTH', { depth: introspectionDepth, limit });
  }
  if (cost <= GRAPHQL_LIMITS.cost) return null;
  const problem = `costs ${cost}; at most ${GRAPHQL_LIMITS.cost} is accepted`;
  return new TaskerError('COST', { problem });
}
