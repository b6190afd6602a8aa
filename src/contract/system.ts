import { z } from 'zod';
import { apiKeyDto, healthDto } from './dto/system.ts';
import { endpoint } from './endpoint.ts';
import { durationText, json, jsonObject, label, nothing } from './scalars.ts';
import { taskFilterQuery } from './task-filter.ts';
import { taskParams } from './task-request.ts';

const events = {
  media: 'text/event-stream',
  description: 'A stream of server-sent events',
} as const;

export const watchTasks = endpoint({
  method: 'GET',
  path: '/events',
  chapter: 'live',
  summary: 'Watch the tasks that a filter finds (server-sent events)',
  permission: 'tasks:list',
  params: nothing,
  query: taskFilterQuery,
  body: null,
  answers: { 200: events },
  errors: [],
});

export const watchTask = endpoint({
  method: 'GET',
  path: '/tasks/:task_id/events',
  chapter: 'live',
  summary: 'Watch one task (server-sent events)',
  permission: 'tasks:read',
  params: taskParams,
  query: z.strictObject({
    until: z
      .enum(['settled'])
      .optional()
      .meta({ description: 'settled: end the stream once the task is settled' }),
  }),
  body: null,
  answers: { 200: events },
  errors: ['TASK_NOT_FOUND'],
});

export const live = endpoint({
  method: 'GET',
  path: '/health/live',
  chapter: 'system',
  summary: 'Whether the process runs',
  permission: 'public',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: healthDto },
  errors: [],
});

export const ready = endpoint({
  method: 'GET',
  path: '/health/ready',
  chapter: 'system',
  summary: 'Whether the process can do its work',
  permission: 'public',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: healthDto, 503: healthDto },
  errors: [],
});

export const status = endpoint({
  method: 'GET',
  path: '/health/status',
  chapter: 'system',
  summary: 'The same with every check, and what the data is safe against',
  permission: 'system:read',
  params: nothing,
  query: nothing,
  body: null,
  answers: {
    200: healthDto.extend({
      version: z.string(),
      database: z.string(),
      durability: z.enum(['sync', 'async', 'process']),
      schema: z.string(),
    }),
    503: healthDto,
  },
  errors: [],
});

export const metrics = endpoint({
  method: 'GET',
  path: '/metrics',
  chapter: 'system',
  summary: 'Metrics in the text format of Prometheus',
  permission: 'system:read',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: { media: 'text/plain', description: 'Prometheus text' } },
  errors: [],
});

export const openapi = endpoint({
  method: 'GET',
  path: '/openapi.json',
  chapter: 'system',
  summary: 'This interface as OpenAPI 3.1',
  permission: 'definitions:read',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: jsonObject },
  errors: [],
});

export const graphql = endpoint({
  method: 'POST',
  path: '/graphql',
  chapter: 'system',
  summary: 'GraphQL; each field asks for its own permission',
  permission: 'authenticated',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    query: z.string(),
    variables: z.union([jsonObject, z.string(), z.null()]).optional(),
    operationName: z.string().nullable().optional(),
    extensions: jsonObject.nullable().optional(),
  }),
  answers: { 200: z.looseObject({ data: json.optional(), errors: json.optional() }) },
  refusals: { 400: z.looseObject({ errors: z.array(z.looseObject({ message: z.string() })) }) },
  errors: ['GRAPHQL_INVALID', 'TOKENS', 'DEPTH', 'COST'],
});

const keyParams = z.object({ key_id: z.string().regex(/^[\w-]{1,64}$/) });
const newKey = z.object({
  key: z.string().meta({ description: 'The secret; it is shown this once' }),
  api_key: apiKeyDto,
});

export const listApiKeys = endpoint({
  method: 'GET',
  path: '/api_keys',
  chapter: 'keys',
  summary: 'The API keys; never their secrets',
  permission: 'system:admin',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: z.object({ api_keys: z.array(apiKeyDto) }) },
  errors: [],
});

export const createApiKey = endpoint({
  method: 'POST',
  path: '/api_keys',
  chapter: 'keys',
  summary: 'Create an API key',
  permission: 'system:admin',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    name: label,
    grants: z.array(label).min(1).max(64),
    namespaces: z.array(label).min(1).max(64).optional(),
    expires_in: durationText.optional(),
  }),
  answers: { 201: newKey },
  errors: [],
});

export const rotateApiKey = endpoint({
  method: 'POST',
  path: '/api_keys/:key_id/rotate',
  chapter: 'keys',
  summary: 'Replace an API key; the old one works on for the overlap',
  permission: 'system:admin',
  params: keyParams,
  query: nothing,
  body: z.strictObject({ overlap: durationText.optional() }).optional(),
  answers: { 201: newKey },
  errors: ['API_KEY_NOT_FOUND', 'API_KEY_STATE_CONFLICT'],
});

export const revokeApiKey = endpoint({
  method: 'DELETE',
  path: '/api_keys/:key_id',
  chapter: 'keys',
  summary: 'Revoke an API key at once',
  permission: 'system:admin',
  params: keyParams,
  query: nothing,
  body: null,
  answers: { 200: z.object({ api_key: apiKeyDto }) },
  errors: ['API_KEY_NOT_FOUND'],
});
