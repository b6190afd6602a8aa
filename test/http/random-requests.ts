import fc from 'fast-check';
import type { Json } from '../../src/kernel/json.ts';
import type { Document, Operation, Schema } from './document.ts';
import { WORDS } from './odd-values.ts';
import { change, NOTHING, type Body, type Draft } from './random-changes.ts';

/** Requests over all operations of a document. */
export function anyRequest(document: Document): fc.Arbitrary<Draft> {
  return fc.oneof(
    ...document.operations.map((operation) => ({
      // What acts on a task needs one that is not over yet.
      weight: operation.operationId === 'createTask' ? 16 : operation.path.includes('{') ? 2 : 1,
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
