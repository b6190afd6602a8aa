import { z } from 'zod';
import type { Json } from '../kernel/json.ts';
import { CATALOGUE } from '../kernel/error-catalogue.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import { problemDto } from './dto/problem.ts';
import { CONTEXT_PARAMETER } from './task-filter.ts';
import { pathParameters, type AnswerBody, type Endpoint } from './endpoint.ts';

/** A part of the document: plain JSON. */
type Part = Readonly<Record<string, unknown>>;

interface Response {
  readonly description: string;
  readonly content: Readonly<Record<string, Part>>;
}

/** What every endpoint may answer besides its own errors: to requests that are wrong in their outer form, or too many at once. */
const COMMON: readonly ErrorCode[] = [
  'INVALID_REQUEST',
  'HOST_NOT_ALLOWED',
  'MALFORMED_REQUEST',
  'UPGRADE_NOT_SUPPORTED',
  'SERVER_OVERLOADED',
];
/** … what those that are not public may … */
const WITH_CALLER: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'AUTHENTICATOR_FAILED',
  'DATABASE_UNAVAILABLE',
];
/** … those that change something, which pages of other sites may not … */
const WRITING: readonly ErrorCode[] = ['ORIGIN_NOT_ALLOWED'];
/** … those with something in the path that may not be an id … */
const WITH_PARAMETERS: readonly ErrorCode[] = ['NOT_FOUND'];
/** … and what those with a body may. */
const WITH_BODY: readonly ErrorCode[] = [
  'MALFORMED_BODY',
  'UNSUPPORTED_MEDIA_TYPE',
  'BODY_TOO_LARGE',
  'BODY_TIMEOUT',
  'UNSTORABLE_VALUE',
];

/**
 * The OpenAPI 3.1 document of the declared endpoints. Pure: the same declarations give the same document, so it is a golden file.
 */
export function openApiDocument(
  endpoints: Readonly<Record<string, Endpoint>>,
  about: { readonly version: string; readonly server: string },
): { readonly [key: string]: Json } {
  const components: Record<string, unknown> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, declared] of Object.entries(endpoints)) {
    const path = declared.path.replace(/:(\w+)/g, '{$1}');
    const operations = (paths[path] ??= {});
    operations[declared.method.toLowerCase()] = operation(name, declared, components);
    if (declared.also !== undefined)
      operations[declared.also.toLowerCase()] = operation(
        `${name}With${declared.also === 'PUT' ? 'Put' : declared.also}`,
        declared,
        components,
      );
  }
  const problem = schemaOf(problemDto, 'output', components);
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Tasker',
      version: about.version,
      description: 'Durable multi-step tasks: create them, look at them, intervene.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: about.server }],
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key or a JWT' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
      responses: {
        Problem: {
          description: 'A problem document (RFC 9457)',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      schemas: components,
    },
  };
  return JSON.parse(JSON.stringify(document)) as { readonly [key: string]: Json }; // sound: plain JSON, without undefined members
}

function operation(name: string, declared: Endpoint, components: Record<string, unknown>): Part {
  const { summary, description, chapter, permission, body } = declared;
  return {
    operationId: name,
    tags: [chapter],
    summary,
    ...(description === undefined ? {} : { description }),
    'x-permission': permission,
    ...(permission === 'public' ? { security: [] } : {}),
    parameters: parameters(declared, components),
    ...(body === null ? {} : { requestBody: requestBody(body, components) }),
    responses: responses(declared, components),
  };
}

/** The answers and the errors, by status; of a status that is both, the media type tells which it is. */
function responses(declared: Endpoint, components: Record<string, unknown>): Part {
  const byStatus = new Map(Object.entries(problems(declared)));
  for (const [status, answer] of Object.entries({ ...declared.answers, ...declared.refusals })) {
    const { description, content } = answerOf(answer, components);
    const problem = byStatus.get(status);
    byStatus.set(status, {
      description: problem?.description ?? description,
      content: { ...content, ...problem?.content },
    });
  }
  return Object.fromEntries(byStatus);
}

function parameters(declared: Endpoint, components: Record<string, unknown>): readonly Part[] {
  const inPath = pathParameters(declared.path).map((name) => {
    const { schema, description } = parameterSchema(declared.params.shape[name], components);
    return { name, in: 'path', required: true, ...description, schema };
  });
  const inQuery = Object.entries(declared.query.shape).map(([name, type]) => {
    const { schema, description } = parameterSchema(type, components);
    return { name, in: 'query', required: false, ...description, schema };
  });
  const free = declared.query.def.catchall;
  const isOpen = free !== undefined && free._zod.def.type !== 'never';
  const byPath = {
    name: 'context',
    in: 'query',
    required: false,
    style: 'form',
    explode: true,
    description: 'Parameters of the form context.<path>=<value>',
    schema: {
      type: 'object',
      patternProperties: { [CONTEXT_PARAMETER.source]: { type: 'string', maxLength: 255 } },
      additionalProperties: false,
    },
  };
  const conditional = {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The revision that the change is meant for, in quotes',
    schema: { type: 'string' },
  };
  return [
    ...inPath,
    ...inQuery,
    ...(isOpen ? [byPath] : []),
    ...(declared.errors.includes('REVISION_CONFLICT') ? [conditional] : []),
  ];
}

function parameterSchema(
  type: unknown,
  components: Record<string, unknown>,
): { readonly schema: Part; readonly description: Part } {
  if (!(type instanceof z.ZodType)) return { schema: {}, description: {} };
  const { description, ...schema } = schemaOf(type, 'input', components);
  return { schema, description: description === undefined ? {} : { description } };
}

function requestBody(body: z.ZodType, components: Record<string, unknown>): Part {
  return {
    required: !body.safeParse(undefined).success,
    content: { 'application/json': { schema: schemaOf(body, 'input', components) } },
  };
}

function answerOf(answer: AnswerBody, components: Record<string, unknown>): Response {
  if (!(answer instanceof z.ZodType)) {
    return {
      description: answer.description,
      content: { [answer.media]: { schema: { type: 'string' } } },
    };
  }
  const schema = schemaOf(answer, 'output', components);
  return { description: 'Done', content: { 'application/json': { schema } } };
}

/** One entry per status, naming the codes that it may carry. */
function problems(declared: Endpoint): Readonly<Record<string, Response>> {
  const codes = new Set<ErrorCode>([
    ...COMMON,
    ...(declared.permission === 'public' ? [] : WITH_CALLER),
    ...(declared.method === 'GET' ? [] : WRITING),
    ...(pathParameters(declared.path).length === 0 ? [] : WITH_PARAMETERS),
    ...(declared.body === null ? [] : WITH_BODY),
    ...declared.errors,
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = CATALOGUE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.toSorted().join(', '),
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    ]),
  );
}

/** The JSON Schema of a type; what has a name of its own goes into the components. */
function schemaOf(
  type: z.ZodType,
  io: 'input' | 'output',
  components: Record<string, unknown>,
): Part {
  const { $schema: _, $defs, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  for (const [name, part] of Object.entries($defs ?? {})) components[name] ??= relocate(part);
  return relocate(schema) as Part; // sound: an object goes in and comes out
}

/** References into `$defs` become references into the components. */
function relocate(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relocate);
  if (typeof part !== 'object' || part === null) return part;
  const entries = Object.entries(part)
    .filter(([key, value]) => key !== 'id' || typeof value !== 'string') // a name of a schema, not a property called id
    .map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string'
        ? value.replace('#/$defs/', '#/components/schemas/')
        : relocate(value),
    ]);
  return Object.fromEntries(entries);
}
