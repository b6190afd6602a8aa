import fc from 'fast-check';
import type { Json } from '../../src/kernel/json.ts';
import type { Document, Operation, Schema } from './document.ts';

/** One request, as text: what is sent, with `@task#17` and the like where an id of something stored belongs. */
export interface Draft {
  readonly operation: Operation;
  /** As the document allows it, with one thing changed, or with several. */
  readonly kind: 'valid' | 'near' | 'wild';
  readonly method: string;
  /** Of the path, below the base path; encoded as sent. */
  readonly segments: readonly string[];
  /** Encoded as sent. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly host: string;
  readonly body: Body;
}

export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'text'; readonly text: string | Uint8Array<ArrayBuffer> };

const NOTHING: Body = { kind: 'none' };

/** What a parameter or member of this name usually is; without it most requests would name nothing that exists. */
const WORDS: Readonly<Record<string, readonly Json[]>> = {
  name: ['quick', 'broken', 'broken', 'stuck', 'stuck', 'other/quick', 'once', 'default/quick'],
  namespace: ['default', 'other'],
  namespaces: ['default', 'other'],
  bypass_steps: ['maybe'],
  initiator: ['ada', 'grace'],
  tag: ['red', 'blue'],
  tags: ['red', 'blue'],
  grants: ['viewer', 'operator', 'tasks:read', 'steps:*'],
  idempotency_key: ['k1', 'k2', 'k3'],
  annotation_type: ['note', 'stock'],
  annotation_key: ['a'],
  annotation_value: ['1', 'x'],
  status: ['pending', 'error', 'complete,cancelled'],
  step_status: ['pending', 'error,complete'],
  since: ['1h', '24h', '7d'],
  expires_in: ['1h', '30d'],
  overlap: ['0s', '1h'],
  system: ['shop', 'unknown'],
  limit: [1, 2, 3, 20],
  offset: [0, 1, 5],
  retry_limit: [1, 2, 5],
  cursor: ['@cursor#0'],
  query: [
    '{ tasks(limit: 2) { taskId status } }',
    '{ task(taskId: "1") { taskId workflowSteps { name } } }',
    '{ nothing }',
    'query Q($id: ID!) { task(taskId: $id) { status } }',
    '{ tasks {',
  ],
  variables: [{ id: '1' }, '{"id":"1"}', null],
  operationName: ['Q', null],
};

/** Requests over all operations of a document. */
export function anyRequest(document: Document): fc.Arbitrary<Draft> {
  return fc.oneof(
    ...document.operations.map((operation) => ({
      weight: operation.operationId === 'createTask' ? 4 : 1,
      arbitrary: requestsOf(operation, document),
    })),
  );
}

function requestsOf(operation: Operation, document: Document): fc.Arbitrary<Draft> {
  const valid = validRequest(operation, document);
  const changes = (least: number, most: number) =>
    fc.array(change, { minLength: least, maxLength: most });
  return fc.oneof(
    { weight: 4, arbitrary: valid },
    {
      weight: 5,
      arbitrary: fc
        .tuple(valid, change)
        .map(([draft, one]): Draft => ({ ...one(draft), kind: 'near' })),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(valid, changes(2, 4)).map(([draft, several]): Draft => ({
        ...several.reduce((now, one) => one(now), draft),
        kind: 'wild',
      })),
    },
  );
}

function validRequest(operation: Operation, document: Document): fc.Arbitrary<Draft> {
  const inQuery = operation.parameters.filter((one) => one.in === 'query');
  const query = fc
    .tuple(
      ...inQuery.map(({ name, schema }) =>
        name === 'context'
          ? fc.constantFrom<readonly [string, string]>(
              ['context.n', '1'],
              ['context.a.b', '%22x%22'],
              ['context.n', 'null'],
            )
          : valueOf(schema, document, name).map((value): readonly [string, string] => [
              name,
              encodeURIComponent(plain(value)),
            ]),
      ),
    )
    .chain((all) => fc.subarray(all, { maxLength: Math.min(3, all.length) }));
  const segments = operation.path.split('/').slice(1);
  const path = fc.tuple(
    ...segments.map((segment) =>
      segment.startsWith('{')
        ? fc.nat(10_000).map((pick) => `@${segment.slice(1, -1)}#${pick}`)
        : fc.constant(segment),
    ),
  );
  const given =
    operation.body === null
      ? fc.constant(NOTHING)
      : valueOf(operation.body.schema, document, '').map((value): Body => ({
          kind: 'json',
          value,
        }));
  const body =
    operation.body === null || operation.body.required
      ? given
      : fc.oneof({ weight: 3, arbitrary: given }, { weight: 1, arbitrary: fc.constant(NOTHING) });
  return fc.record({ segments: path, query, body }).map((parts) => ({
    operation,
    kind: 'valid',
    method: operation.method,
    headers: parts.body.kind === 'json' ? { 'content-type': 'application/json' } : {},
    host: 'localhost',
    ...parts,
  }));
}

/** As text in a query string. */
function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Values that a schema of the document allows; those of a name that is known are usually of its words. */
function valueOf(schema: Schema, document: Document, name: string): fc.Arbitrary<Json> {
  const made = bySchema(schema, document, name);
  const isOne = schema['type'] !== 'array' && schema['type'] !== 'object';
  const words = (isOne && WORDS[name]?.filter((word) => document.validator(schema)(word))) || [];
  if (words.length === 0) return made;
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: made },
  );
}

function bySchema(schema: Schema, document: Document, name: string): fc.Arbitrary<Json> {
  const reference = schema['$ref'];
  if (typeof reference === 'string') return bySchema(document.resolve(reference), document, name);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(choices))
    return fc.oneof(...choices.map((one: Schema) => valueOf(one, document, name)));
  if ('const' in schema) return fc.constant(schema['const'] as Json); // sound: a document is JSON
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as Json[])); // sound: as above
  const { type } = schema;
  if (Array.isArray(type))
    return fc.oneof(
      ...type.map((one: string) => bySchema({ ...schema, type: one }, document, name)),
    );
  switch (type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({
        min: Number(schema['minimum'] ?? -1_000),
        max: Math.min(Number(schema['maximum'] ?? 1_000), 100_000),
      });
    case 'number':
      return fc.double({ min: -1e6, max: 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueOf((schema['items'] ?? {}) as Schema, document, name), {
        minLength: Number(schema['minItems'] ?? 0),
        maxLength: Math.min(3, Number(schema['maxItems'] ?? 3)),
      }); // sound: items is a schema
    case 'object':
      return objectOf(schema, document);
    default:
      return smallJson;
  }
}

/** Small values of any kind, without what cannot be stored. */
const smallJson: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string({ maxLength: 8 }).map((text) => text.replaceAll('\u0000', '')),
  fc.constantFrom<Json>([], {}, { a: 1 }, { a: { b: 'x' } }, [1, [2]], { n: 1 }, '😀'),
);

function textOf(schema: Schema): fc.Arbitrary<string> {
  const [least, most] = [Number(schema['minLength'] ?? 0), Number(schema['maxLength'] ?? 40)];
  if (schema['format'] === 'date-time')
    return fc.constantFrom(
      '2026-01-31T12:00:00Z',
      '2001-02-28T23:59:59.999+02:00',
      '1970-01-01T00:00:00Z',
      '2999-12-31T00:00:00.000Z',
    );
  if (typeof schema['pattern'] === 'string')
    return fc.stringMatching(new RegExp(schema['pattern']), { size: 'small' });
  const usual = fc.string({ minLength: Math.max(1, least), maxLength: Math.min(most, 12) });
  return fc.oneof(
    { weight: 8, arbitrary: usual },
    { weight: 1, arbitrary: fc.constantFrom('x'.repeat(most), 'é😀'.slice(0, Math.max(least, 3))) },
  );
}

function objectOf(schema: Schema, document: Document): fc.Arbitrary<Json> {
  const properties = Object.entries(
    (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>,
  ); // sound: schemas
  if (properties.length === 0)
    return fc.dictionary(fc.constantFrom('a', 'n', 'key', 'x.y', 'ä'), smallJsonOf(schema), {
      maxKeys: 3,
    });
  const required = (schema['required'] ?? []) as string[]; // sound: names
  const optional = properties.map(([name]) => name).filter((name) => !required.includes(name));
  return fc
    .subarray(optional, { maxLength: Math.min(3, optional.length) })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(
          properties
            .filter(([name]) => required.includes(name) || chosen.includes(name))
            .map(([name, one]) => [name, valueOf(one, document, name)]),
        ),
      ),
    );
}

/** Values of an open object: scalars where the document says so. */
function smallJsonOf(schema: Schema): fc.Arbitrary<Json> {
  return typeof schema['additionalProperties'] === 'object'
    ? fc.constantFrom<Json>(null, true, 1, 'x')
    : smallJson;
}

/** A change of a request that may make it wrong. */
type Change = (draft: Draft) => Draft;

const deep = (levels: number): Json => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as Json; // sound: JSON

/** Values that have no place where they are put. */
const ODD: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  201,
  1e308,
  2 ** 53 - 1,
  '',
  ' ',
  '0',
  'null',
  'x'.repeat(256),
  'x'.repeat(70_000),
  'a\u0000b',
  '\ud800',
  '😀'.repeat(130),
  '\u202eabc',
  "w'; drop table tasks;--",
  '__proto__',
  'toString',
  '1970-01-01',
  '300000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-02-30T00:00:00Z',
  'infinity',
  '-1h',
  '99999999d',
  '1e3s',
  'no/such/thing@9',
  [],
  {},
  [null],
  [[]],
  deep(99),
  deep(150),
  Array.from({ length: 1_001 }, () => 'x'),
  { a: { constructor: { prototype: 1 } } },
  { '\u0000': 1 },
  { $ne: null },
];

/** Texts in the place of a body. */
const BROKEN_BODIES: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  '',
  'hello',
  '{',
  '{"name":"quick","context":{',
  '{"a":1,}',
  "{'a':1}",
  '\ufeff{}',
  '[]',
  '"x"',
  'null',
  '1',
  '{"context":{"n":NaN},"name":"quick"}',
  '{"name":"quick","context":{"n":9007199254740993}}',
  '{"name":"quick","context":{"n":1e-17000}}',
  '{"name":"quick","context":{"n":1e99999}}',
  '{"name":"quick","context":{"__proto__":{"a":1}}}',
  '{"name":"quick","context":{"a":"\\ud800"}}',
  '{"reason":"a","reason":"b"}',
  `{"context":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  `{"n":${'9'.repeat(50_000)}}`,
  new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
];

const ODD_SEGMENTS: readonly string[] = [
  '0',
  '-1',
  '1e3',
  '0x10',
  '1.5',
  '137438953472',
  '99999999999999999999',
  '%00',
  '1%00',
  '%E0%A4%A',
  '%',
  '%2e%2e',
  '..',
  '%2F',
  '1%20or%201=1',
  '%F0%9F%98%80',
  'a'.repeat(3_000),
  '__proto__',
  'constructor',
  '1;2',
  '@task_id#3',
  '',
];

const ODD_TEXTS: readonly string[] = [
  '',
  '%00',
  'a%00b',
  '%E0%A4%A',
  '-1',
  '0',
  '201',
  '1e3',
  '0x10',
  '1000000000',
  '99999999999999999999',
  '1,2',
  'x'.repeat(300),
  '%F0%9F%98%80',
  '%ED%A0%80',
  'created_at;drop%20table%20tasks--',
  'case%20when%20(1=1)%20then%20name%20else%20state%20end',
  'eyJpZCI6Inh4In0',
  '{%22a%22:1}',
  '2026-02-30T00:00:00Z',
  '1h%20',
  '+',
];

const ODD_PARAMETERS: readonly (readonly [string, string])[] = [
  ['unknown', '1'],
  ['api_key', 'secret'],
  ['__proto__', '1'],
  ['constructor', '1'],
  ['context', '{%22a%22:1}'],
  ['context.', '1'],
  ['context.a..b', '1'],
  ['context.a.b.c.d.e.f.g.h.i.j', '1'],
  ['context.__proto__', '1'],
  ['context.a%00', '1'],
  ['%00', 'x'],
  ['%E0%A4%A', 'x'],
  ['', ''],
];

const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ['content-type', 'application/x-www-form-urlencoded'],
  ['content-type', 'application/json; charset=utf-7'],
  ['content-type', 'text/plain'],
  ['content-type', ''],
  ['content-encoding', 'gzip'],
  ['accept', 'application/xml'],
  ['accept', 'image/*;q=0'],
  ['origin', 'https://evil.example'],
  ['origin', 'null'],
  ['sec-fetch-site', 'cross-site'],
  ['if-match', '"nothing"'],
  ['if-match', 'x'],
  ['if-match', '*'],
  ['last-event-id', '99999999999999999999'],
  ['last-event-id', "'; select"],
  ['x-request-id', 'mine-1'],
  ['x-request-id', 'a b"c'],
  ['upgrade', 'websocket'],
  ['authorization', 'Bearer nothing'],
  ['x-forwarded-for', '8.8.8.8'],
];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'get'];

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: changeOfBody() },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom(...ODD_SEGMENTS))
      .map(([at, text]): Change => (draft) => ({
        ...draft,
        segments: put(draft.segments, at, text),
      })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom(...ODD_TEXTS))
      .map(([at, text]): Change => (draft) => {
        const [name = 'limit'] = draft.query[at % Math.max(1, draft.query.length)] ?? [];
        const rest = draft.query.filter(([one]) => one !== name);
        return { ...draft, query: [...rest, [name, text]] };
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...ODD_PARAMETERS)
      .map((parameter): Change => (draft) => ({ ...draft, query: [...draft.query, parameter] })),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Change>((draft) => ({
      ...draft,
      query: [...draft.query, ...draft.query],
    })),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...ODD_HEADERS).map(([name, value]): Change => (draft) => ({
      ...draft,
      headers: { ...draft.headers, [name]: value },
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...METHODS)
      .map((method): Change => (draft) => ({ ...draft, method })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('evil.example', '127.0.0.1:80', '[::1]')
      .map((host): Change => (draft) => ({ ...draft, host })),
  },
);

function changeOfBody(): fc.Arbitrary<Change> {
  const json = { 'content-type': 'application/json' };
  const inside = (how: (value: Json) => Json): Change => {
    return (draft) =>
      draft.body.kind === 'json'
        ? { ...draft, body: { kind: 'json', value: how(draft.body.value) } }
        : draft;
  };
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.nat(), fc.constantFrom(...ODD))
        .map(([at, odd]) => inside((value) => replaced(value, { left: at % 12 }, () => odd))),
    },
    {
      weight: 2,
      arbitrary: fc
        .nat()
        .map((at) => inside((value) => replaced(value, { left: at % 12 }, (one) => [one, one]))),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.nat(),
          fc.constantFrom('status', 'task_id', 'created_at', '__proto__x', 'Name', ''),
        )
        .map(([at, key]) =>
          inside((value) =>
            replaced(value, { left: at % 3 }, (one) =>
              isObject(one) ? { ...one, [key]: 'complete' } : one,
            ),
          ),
        ),
    },
    { weight: 2, arbitrary: fc.nat().map((at) => inside((value) => withoutOne(value, at))) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...BROKEN_BODIES).map((text): Change => (draft) => ({
        ...draft,
        body: { kind: 'text', text },
        headers: { ...json, ...draft.headers },
      })),
    },
    { weight: 1, arbitrary: fc.constant<Change>((draft) => ({ ...draft, body: NOTHING })) },
  );
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value with its n-th part (in the order of reading, itself first) made into another. */
function replaced(value: Json, count: { left: number }, make: (part: Json) => Json): Json {
  if (count.left === 0) {
    count.left = -1;
    return make(value);
  }
  if (count.left > 0) count.left -= 1;
  if (count.left < 0 || typeof value !== 'object' || value === null) return value;
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, replaced(one, count, make)]),
    );
  return value.map((one) => replaced(one, count, make));
}

function withoutOne(value: Json, at: number): Json {
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  const gone = keys[at % Math.max(1, keys.length)];
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== gone));
}

function put(segments: readonly string[], at: number, text: string): readonly string[] {
  // Mostly where an id is: other words only lead to 404.
  const ids = segments.flatMap((segment, index) => (segment.startsWith('@') ? [index] : []));
  const place = ids.length > 0 ? ids[at % ids.length] : at % (segments.length + 1);
  return place === segments.length
    ? [...segments, text]
    : segments.map((segment, index) => (index === place ? text : segment));
}
