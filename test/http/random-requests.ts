import fc from 'fast-check';
import type { Json } from '../../src/kernel/json.ts';
import type { Document, Operation, Schema } from './document.ts';
import {
  BROKEN_BODIES,
  METHODS,
  ODD,
  ODD_HEADERS,
  ODD_PARAMETERS,
  ODD_SEGMENTS,
  ODD_TEXTS,
  WORDS,
} from './odd-values.ts';

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
