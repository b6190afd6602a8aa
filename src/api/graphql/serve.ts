import { execute } from 'graphql';
import { TaskerError } from '../../kernel/errors.ts';
import { gateJson, isJsonObject, type Json } from '../../kernel/json.ts';
import type { Access } from '../access.ts';
import { parseJsonText } from '../http/json-text.ts';
import type { ApiParts } from '../parts.ts';
import { admit } from './admit.ts';
import { createContext } from './context.ts';
import { toGraphqlErrors } from './errors.ts';
import { GRAPHQL_SCHEMA } from './schema.ts';

/** What a GraphQL client sends. */
export interface GraphqlRequest {
  readonly query: string;
  /** An object, or the same as JSON text. */
  readonly variables?: Variables | string | null | undefined;
  readonly operationName?: string | null | undefined;
}

type Variables = { readonly [key: string]: Json };

/** Who asks, and what answers come from. */
export interface GraphqlCall {
  readonly request: Request;
  readonly requestId: string;
  readonly access: Access;
  readonly parts: ApiParts;
}

/** A GraphQL answer, in which data may be missing where an error says why; or the refusal of the whole request, with status 400. */
export type GraphqlAnswer =
  { readonly status: 200; readonly body: { readonly [key: string]: Json } } | Response;

/** Executes one GraphQL request. Each field asks for its own permission; limits are checked before anything is executed. */
export async function answerGraphql(
  { query, variables, operationName }: GraphqlRequest,
  { requestId, access, parts }: GraphqlCall,
): Promise<GraphqlAnswer> {
  const reporting = { requestId, logger: parts.settings.logger };
  const given = variablesOf(variables);
  if ('error' in given) return refusal(toGraphqlErrors([given.error], reporting));
  const admission = await admit(query, given.variables, access);
  if ('errors' in admission) return refusal(toGraphqlErrors(admission.errors, reporting));
  const { data, errors } = await execute({
    schema: GRAPHQL_SCHEMA,
    document: admission.document,
    variableValues: given.variables,
    operationName: operationName ?? null,
    contextValue: createContext(access, parts),
    hideSuggestions: !(await access.can('definitions:read')),
    options: { maxCoercionErrors: 20 },
  });
  const told = errors === undefined ? null : toGraphqlErrors(errors, reporting);
  // Without data nothing was executed: the variables do not fit, or no operation was chosen.
  if (data === undefined && told !== null) return refusal(told);
  const body = { data: data ?? null, ...(told === null ? {} : { errors: told }) };
  // sound: scalars are written as JSON, and the errors are made of texts and numbers
  return { status: 200, body: body as unknown as { readonly [key: string]: Json } };
}

function variablesOf(
  given: GraphqlRequest['variables'],
): { readonly variables: Variables } | { readonly error: unknown } {
  if (given === undefined || given === null || given === '') return { variables: {} };
  if (typeof given !== 'string') return { variables: given };
  try {
    const variables = parseJsonText(given);
    const gated = gateJson(variables, {
      maxBytes: 2_097_152,
      maxDepth: 100,
      maxNodes: 1_000_000,
      refuseForbiddenKeys: true,
    });
    if (gated.ok && isJsonObject(variables)) return { variables };
    const why = gated.ok
      ? 'must be a JSON object'
      : `cannot be read: ${gated.path} ${gated.problem}`;
    return { error: new TaskerError('GRAPHQL_INVALID', { problem: `variables ${why}` }) };
  } catch (error) {
    const problem = 'variables cannot be read as JSON';
    return { error: new TaskerError('GRAPHQL_INVALID', { problem }, { cause: error }) };
  }
}

function refusal(errors: ReturnType<typeof toGraphqlErrors>): Response {
  return new Response(JSON.stringify({ errors }), {
    status: 400,
    headers: { 'content-type': 'application/json' },
  });
}
