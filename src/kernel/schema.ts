import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json } from './json.ts';
import { isJsonObject } from './json.ts';
import type { StandardIssue, StandardSchema } from './standard-schema.ts';

/**
 * JSON Schema and Standard Schema behind one answer.
 *
 * I1: nothing is coerced: `"1"` is no integer.
 * I2: the value that was given is never changed; defaults are filled in on a copy, which is what the answer carries.
 * I3: compiling never reaches for the network or a file; a `$ref` leads to the same schema or fails.
 */

/** One thing that does not fit: where (`$.lines[0].sku`) and what (`must be string`). */
export interface SchemaProblem {
  readonly path: string;
  readonly message: string;
}

/** The value with defaults applied (and transformed, by a Standard Schema that transforms), or everything that is wrong with it. */
export type SchemaAnswer<Value = Json> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] };

/** Checks values against one schema. */
export type SchemaCheck = (value: Json) => SchemaAnswer;

/** What is wrong with a schema itself: the path of keys inside the schema, and what. */
export interface SchemaFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Compiles a JSON Schema (draft 2020-12) once, for many values. `null` as a schema accepts everything.
 *
 * Semantics are those of the standard: a property is required only when `required` names it, and undeclared properties pass unless
 * `additionalProperties` forbids them. Unknown keywords and formats are refused, because they are nearly always typing errors.
 *
 * @throws Error when the schema is not valid; use `schemaFault` first to say where
 */
export function compileJsonSchema(schema: Json): SchemaCheck {
  if (schema === null) return (value) => ({ ok: true, value });
  const validate = compile(schema);
  return (value) => {
    const copy = structuredClone(value);
    if (validate(copy)) return { ok: true, value: copy };
    return { ok: false, problems: (validate.errors ?? []).filter(isTelling).map(toProblem) };
  };
}

/** The first fault of a schema, or null when it compiles. */
export function schemaFault(schema: Json): SchemaFault | null {
  try {
    const input = schemaInput(schema);
    if (AJV.validateSchema(input) !== true) {
      const error = deepest(AJV.errors ?? []);
      return error === undefined
        ? { path: [], message: 'is not a JSON Schema' }
        : { path: pointerSegments(error.instancePath), message: faultMessage(error) };
    }
    compile(schema);
    return null;
  } catch (error) {
    return {
      path: [],
      message: (error instanceof Error ? error.message : String(error)).replace(
        /^strict mode: /,
        '',
      ),
    };
  }
}

/** True when JSON Schema (with the standard formats) knows the keyword. */
export function schemaVocabulary(): {
  readonly isKeyword: (word: string) => boolean;
  readonly formats: readonly string[];
} {
  return {
    isKeyword: (word) => ANNOTATIONS.has(word) || Boolean(AJV.getKeyword(word)),
    formats: Object.keys(AJV.formats),
  };
}

/** Validates with a Standard Schema (zod, valibot, arktype, …), which may be asynchronous and may transform. */
export async function validateStandard(
  schema: StandardSchema,
  value: unknown,
): Promise<SchemaAnswer<unknown>> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return { ok: true, value: result.value };
  return {
    ok: false,
    problems: result.issues.map((issue) => ({ path: issuePath(issue), message: issue.message })),
  };
}

/** Keywords that carry meaning for a reader only, or that Ajv treats apart from its table of keywords. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$dynamicAnchor',
  '$comment',
  '$defs',
  'definitions',
  '$vocabulary',

  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'if',
  'then',
  'else',
]);

/**
 * One compiler for the process, since compiling the schema of schemas takes 40 ms. It keeps nothing of what it compiles
 * (`addUsedSchema: false`, and `compile` forgets its input). A schema with an `$id` would leave that name behind, so it gets a
 * compiler of its own: two schemas with one `$id` never meet.
 */
const AJV = createAjv();

function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    addUsedSchema: false,
    useDefaults: true,
    coerceTypes: false,
    strictSchema: true,
    strictNumbers: true,
    // These three refuse schemas that the standard allows (no `type`, an open tuple, a required but undeclared property).
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    logger: false,
  });
  addFormats.default(ajv);
  return ajv;
}

function compile(schema: Json): ValidateFunction {
  const input = schemaInput(schema);
  if (JSON.stringify(input).includes('"$id"')) return createAjv().compile(input);
  try {
    return AJV.compile(input);
  } finally {
    AJV.removeSchema(input);
  }
}

/** Ajv's signature asks for a mutable object or a boolean; it does not change what it is given. */
function schemaInput(schema: Json): Record<string, Json> | boolean {
  if (typeof schema === 'boolean') return schema;
  if (isJsonObject(schema)) return { ...schema };
  throw new TypeError('a schema must be an object, true or false');
}

/** The fault that lies deepest in the schema is the one that names the cause; the others only repeat it from further out. */
function deepest(errors: readonly ErrorObject[]): ErrorObject | undefined {
  return errors.toSorted(
    (a, b) => b.instancePath.split('/').length - a.instancePath.split('/').length,
  )[0];
}

/** Ajv says that a word is not allowed; which ones are is what the reader needs. */
function faultMessage(error: ErrorObject): string {
  const params: unknown = error.params;
  const allowed = isJsonObject(params) ? params['allowedValues'] : undefined;
  return `${error.message ?? 'is not valid'}${Array.isArray(allowed) ? ` (${allowed.join(', ')})` : ''}`;
}

/** `if` only repeats what its `then` or `else` says better. */
function isTelling(error: ErrorObject): boolean {
  return error.keyword !== 'if';
}

function toProblem(error: ErrorObject): SchemaProblem {
  const extra = extraSegment(error);
  const segments = pointerSegments(error.instancePath);
  return {
    path: writePath(extra === null ? segments : [...segments, extra]),
    // The path ends in the member, so the sentence is about the member, and Ajv's is about the object around it.
    message:
      extra === null
        ? (error.message ?? `fails ${error.keyword}`)
        : error.keyword === 'required'
          ? 'is required'
          : 'is not allowed: the schema knows no such property',
  };
}

/** For faults of a member that is missing or must not be there, the place is that member, not the object around it. */
function extraSegment(error: ErrorObject): string | null {
  const params: unknown = error.params;
  if (!isJsonObject(params)) return null;
  const name =
    params['missingProperty'] ??
    params['additionalProperty'] ??
    params['unevaluatedProperty'] ??
    params['propertyName'];
  return typeof name === 'string' &&
    ['required', 'additionalProperties', 'unevaluatedProperties'].includes(error.keyword)
    ? name
    : null;
}

function pointerSegments(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^(0|[1-9]\d{0,9})$/.test(part) ? Number(part) : part));
}

function issuePath(issue: StandardIssue): string {
  const segments = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
  return writePath(segments.map((part) => (typeof part === 'number' ? part : String(part))));
}

/** `$.lines[0].sku`; keys that are not plain words stand in brackets and quotes. */
function writePath(segments: readonly (string | number)[]): string {
  return `$${segments
    .map((part) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[A-Za-z_]\w*$/.test(part)
          ? `.${part}`
          : `[${JSON.stringify(part)}]`,
    )
    .join('')}`;
}
