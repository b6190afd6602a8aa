import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';

/** JSON Schema, as a document has it. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Content {
  readonly [media: string]: { readonly schema: Schema };
}

/** One operation of an OpenAPI document, with where it is. */
export interface Operation {
  readonly operationId: string;
  readonly method: string;
  /** With `{name}` for parameters, without the base path. */
  readonly path: string;
  readonly permission: string;
  readonly isPublic: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly required: boolean; readonly schema: Schema } | null;
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];

/** An OpenAPI document as tests look at it: nothing of the code that wrote it is used. */
export interface Document {
  readonly raw: Schema;
  readonly operations: readonly Operation[];
  /** What a `$ref` names. @throws Error when there is no such thing */
  resolve(reference: string): Schema;
  /** Checks a value against a schema of the document. The same schema is compiled once. */
  validator(schema: Schema): ValidateFunction;
  /** Why the latest value did not fit. */
  explain(validate: ValidateFunction): string;
}

/** Reads a document. */
export function readDocument(raw: Schema): Document {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
  ajv.addFormat('date-time', fullFormats['date-time']);
  ajv.addFormat('uri', fullFormats.uri);
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: 'openapi.json', components: raw['components'] }, 'openapi.json');
  const compiled = new Map<Schema, ValidateFunction>();
  return {
    raw,
    operations: operationsOf(raw),
    resolve: (reference) => resolve(raw, reference),
    validator(schema) {
      const known = compiled.get(schema);
      if (known) return known;
      const made = ajv.compile(absolute(schema) as Schema); // sound: an object goes in and comes out
      compiled.set(schema, made);
      return made;
    },
    explain: ({ errors }) => ajv.errorsText(errors),
  };
}

function operationsOf(raw: Schema): readonly Operation[] {
  return Object.entries(raw['paths'] as Schema).flatMap(([path, item]) =>
    Object.entries(item as Schema)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => toOperation(path, method, operation as Schema)),
  ); // sound: the structure is what test/http/openapi.test.ts checks
}

function toOperation(path: string, method: string, given: Schema): Operation {
  const body = given['requestBody'] as
    { readonly required?: boolean; readonly content: Content } | undefined; // sound: as above
  return {
    operationId: String(given['operationId']),
    method: method.toUpperCase(),
    path,
    permission: String(given['x-permission']),
    isPublic: Array.isArray(given['security']) && given['security'].length === 0,
    parameters: (given['parameters'] ?? []) as readonly Parameter[], // sound: as above
    body: body
      ? {
          required: body.required ?? false,
          schema: body.content['application/json']?.schema ?? {},
        }
      : null,
    responses: given['responses'] as Operation['responses'], // sound: as above
  };
}

function resolve(raw: Schema, reference: string): Schema {
  const parts = reference.replace(/^#\//, '').split('/');
  let part: unknown = raw;
  for (const name of parts)
    part =
      typeof part === 'object' && part !== null && name in part ? (part as Schema)[name] : null; // sound: an object that has it
  if (typeof part !== 'object' || part === null) throw new Error(`${reference} names nothing`);
  return part as Schema; // sound: just checked
}

/** References into the document, seen from a schema that stands alone. */
function absolute(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(absolute);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === '$ref' ? String(value).replace(/^#/, 'openapi.json#') : absolute(value),
    ]),
  );
}
