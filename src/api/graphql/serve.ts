import { graphql, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import type { Json } from '../../kernel/json.ts';
import type { Access } from '../access.ts';
import type { ApiParts } from '../parts.ts';

/** What a GraphQL client sends. */
export interface GraphqlRequest {
  readonly query: string;
  /** An object, or the same as JSON text. */
  readonly variables?: { readonly [key: string]: Json } | string | null | undefined;
  readonly operationName?: string | null | undefined;
}

/** Who asks, and what answers come from. */
export interface GraphqlCall {
  readonly request: Request;
  readonly access: Access;
  readonly parts: ApiParts;
}

/** A GraphQL answer, in which data may be missing where an error says why; or the refusal of the whole request. */
export type GraphqlAnswer =
  { readonly status: 200; readonly body: { readonly [key: string]: Json } } | Response;

const SCHEMA = new GraphQLSchema({
  query: new GraphQLObjectType<null, GraphqlCall>({
    name: 'Query',
    fields: {
      caller: { type: GraphQLString, resolve: (_, __, { access }) => access.principal.id },
    },
  }),
});

export async function answerGraphql(
  { query, operationName }: GraphqlRequest,
  call: GraphqlCall,
): Promise<GraphqlAnswer> {
  const answer = await graphql({
    schema: SCHEMA,
    source: query,
    operationName: operationName ?? null,
    contextValue: call,
  });
  const body = JSON.parse(JSON.stringify(answer)) as { readonly [key: string]: Json }; // sound: what was written as JSON
  return { status: 200, body };
}
