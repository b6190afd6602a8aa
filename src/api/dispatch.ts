import { z } from 'zod';
import { isTaskerError, TaskerError } from '../kernel/errors.ts';
import { gateJson, type Json } from '../kernel/json.ts';
import { ENDPOINTS, type EndpointName } from '../contract/index.ts';
import type { Endpoint } from '../contract/endpoint.ts';
import type { Task } from '../model/task.ts';
import type { Access } from './access.ts';
import type { Incoming } from './admission.ts';
import { readJsonBody } from './http/read-body.ts';
import { checkedBy, queryOf } from './http/read-request.ts';
import type { ApiParts } from './parts.ts';
import { createHandlers } from './rest/index.ts';

/** Any handler, once its call has been checked by its own declaration. */
type AnyHandler = (call: {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly task: Task | null;
  readonly request: Request;
  readonly requestId: string;
  readonly access: Access;
  readonly parts: ApiParts;
}) => Promise<AnyAnswer>;

type AnyAnswer =
  | Response
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly text?: string;
      readonly contentType?: string;
    };

/**
 * Runs the handler of an endpoint: parameters, query and body are checked by the declaration before, the answer after. What the
 * declaration does not name is not sent.
 */
export function createDispatch(
  parts: ApiParts,
  openapi: { readonly [key: string]: Json },
): (incoming: Incoming, access: Access) => Promise<Response> {
  const handlers = createHandlers(openapi);
  let underWay = 0;
  return async (incoming, access) => {
    const { name, request } = incoming;
    const declared: Endpoint = ENDPOINTS[name];
    if (underWay >= parts.settings.maxConcurrent) throw new TaskerError('SERVER_OVERLOADED', {});
    underWay += 1;
    try {
      const params = pathParams(declared, incoming);
      const task = await admitted(declared, params, access);
      const handler = handlers[name] as AnyHandler; // sound: what it receives is checked by its own declaration
      const answer = await handler({
        params,
        task,
        query: checkedBy(declared.query, queryOf(incoming.url), ''),
        body: await body(declared, incoming, parts),
        request,
        requestId: incoming.requestId,
        access,
        parts,
      });
      return respond(name, declared, answer);
    } finally {
      underWay -= 1;
    }
  };
}

/**
 * The second half of admission, for every endpoint alike and before the body is read: the task of the path is one that the caller may
 * do this to; otherwise they may do this in general.
 */
async function admitted(
  { permission }: Endpoint,
  params: Readonly<Record<string, unknown>>,
  access: Access,
): Promise<Task | null> {
  if (permission === 'public' || permission === 'authenticated') return null;
  const taskId = params['task_id'];
  if (typeof taskId === 'number') return access.task(taskId, permission);
  await access.require(permission);
  return null;
}

/** A path with what cannot be an id names nothing. */
function pathParams(
  declared: Endpoint,
  { params, url }: Incoming,
): Readonly<Record<string, unknown>> {
  const answer = declared.params.safeParse(params);
  if (answer.success) return answer.data;
  throw new TaskerError('NOT_FOUND', { what: `page ${url.pathname.slice(0, 100)}` });
}

/** The checked body. GraphQL has one status for what cannot be executed, whatever is wrong with it. */
async function body(declared: Endpoint, incoming: Incoming, parts: ApiParts): Promise<unknown> {
  try {
    return await checkedBody(declared, incoming, parts);
  } catch (error) {
    const isGraphql = declared.errors.includes('GRAPHQL_INVALID');
    if (!isGraphql || !isTaskerError(error) || error.status !== 422) throw error;
    throw new TaskerError('GRAPHQL_INVALID', { problem: error.message }, { cause: error });
  }
}

async function checkedBody(
  declared: Endpoint,
  { request, connection }: Incoming,
  { settings }: ApiParts,
): Promise<unknown> {
  if (declared.body === null) return null;
  const limits = { bytes: settings.maxBodyBytes, idleMs: settings.bodyTimeoutMs };
  const given =
    'parsedBody' in connection ? connection.parsedBody : await readJsonBody(request, limits);
  if (given === undefined) {
    if (declared.body.safeParse(undefined).success) return undefined;
    throw new TaskerError('MALFORMED_BODY', { problem: 'there is none' });
  }
  const gated = gateJson(given, {
    maxBytes: limits.bytes,
    maxDepth: 100,
    maxNodes: 1_000_000,
    refuseForbiddenKeys: true,
  });
  if (!gated.ok) {
    const { path, problem } = gated;
    throw new TaskerError('UNSTORABLE_VALUE', { what: 'The body', path, problem });
  }
  return checkedBy(declared.body, given, '');
}

function respond(name: EndpointName, declared: Endpoint, answer: AnyAnswer): Response {
  if (answer instanceof Response) return answer;
  const { status, headers = {} } = answer;
  const schema = declared.answers[status];
  if (!(schema instanceof z.ZodType)) {
    return new Response(answer.text ?? '', {
      status,
      headers: { ...headers, 'content-type': answer.contentType ?? 'text/plain' },
    });
  }
  const encoded = schema.safeParse(answer.body);
  if (!encoded.success)
    throw new Error(`the answer of ${name} does not fit its declaration: ${encoded.error.message}`);
  return new Response(JSON.stringify(encoded.data), {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
  });
}
