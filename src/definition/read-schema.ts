import type { Json } from '../kernel/json.ts';
import { gateJson, isJsonObject } from '../kernel/json.ts';
import { nearest } from '../kernel/nearest.ts';
import { schemaFault, schemaVocabulary } from '../kernel/schema.ts';
import type { Fields } from './fields.ts';
import { given, isList, shorten } from './fields.ts';
import { patternFault } from './pattern-safety.ts';
import type { Path, ProblemCode } from './problem.ts';

/**
 * Reads a JSON Schema of a definition and refuses what must not run on the inputs of strangers: patterns that can take exponential
 * time, references to other documents, and anything that Ajv does not compile. Answers null when there is no schema or a wrong one.
 */
export function readSchema(fields: Fields, name: string): Json {
  const schema = given(fields, name);
  if (schema === undefined) return null;
  const at = [...fields.path, name];
  if (!isJsonObject(schema)) {
    fields.report({
      code: 'TYPE',
      path: at,
      field: name,
      message: 'must be an object: a JSON Schema',
    });
    return null;
  }
  const gate = gateJson(schema);
  const faults = gate.ok
    ? walkSchema(schema)
    : [fault('SCHEMA_INVALID', [], `${gate.problem} at ${gate.path}`)];
  const compiled = faults.length === 0 ? schemaFault(schema) : null;
  if (compiled !== null) faults.push(fault('SCHEMA_INVALID', compiled.path, compiled.message));
  for (const { code, path, message, onKey, suggestion } of faults) {
    fields.report({
      code,
      path: [...at, ...path],
      message: `${name}: ${message}`,
      onKey,
      suggestion,
    });
  }
  return faults.length === 0 ? schema : null;
}

interface SchemaFinding {
  readonly code: ProblemCode;
  readonly path: Path;
  readonly message: string;
  readonly onKey: boolean;
  readonly suggestion: string | undefined;
}

/** Keywords whose value is one schema, a list of schemas, or an object of schemas. */
const ONE = [
  'items',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'contentSchema',
];
const LIST = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const TABLE = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];

function walkSchema(root: Json): SchemaFinding[] {
  const vocabulary = schemaVocabulary();
  const findings: SchemaFinding[] = [];
  const open: { readonly schema: Json; readonly path: Path }[] = [{ schema: root, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { schema, path } = next;
    if (!isJsonObject(schema)) continue;
    for (const [keyword, value] of Object.entries(schema)) {
      const at = [...path, keyword];
      if (!vocabulary.isKeyword(keyword)) {
        findings.push(unknownKeyword(keyword, at));
        continue;
      }
      findings.push(...checkKeyword(keyword, value, { at, formats: vocabulary.formats }));
      open.push(...subschemas(keyword, value, at));
    }
  }
  return findings;
}

function subschemas(keyword: string, value: Json, at: Path): { schema: Json; path: Path }[] {
  if (ONE.includes(keyword)) return [{ schema: value, path: at }];
  if (LIST.includes(keyword) && isList(value))
    return value.map((schema, index) => ({ schema, path: [...at, index] }));
  if (TABLE.includes(keyword) && isJsonObject(value)) {
    return Object.entries(value).map(([key, schema]) => ({ schema, path: [...at, key] }));
  }
  return [];
}

function checkKeyword(
  keyword: string,
  value: Json,
  { at, formats }: { at: Path; formats: readonly string[] },
): SchemaFinding[] {
  if (isJsonObject(value) && Object.hasOwn(value, '$data')) {
    return [fault('SCHEMA_INVALID', at, '"$data" references are not supported')];
  }
  if (keyword === 'pattern' && typeof value === 'string') return checkPattern(value, at, false);
  if (keyword === 'patternProperties' && isJsonObject(value)) {
    return Object.keys(value).flatMap((pattern) => checkPattern(pattern, [...at, pattern], true));
  }
  if (
    (keyword === '$ref' || keyword === '$dynamicRef') &&
    typeof value === 'string' &&
    !value.startsWith('#')
  ) {
    return [
      fault(
        'SCHEMA_REMOTE_REF',
        at,
        `"${shorten(value)}" leads out of this schema; only references such as "#/$defs/line" are followed`,
      ),
    ];
  }
  if (keyword === 'format' && typeof value === 'string' && !formats.includes(value)) {
    return [
      {
        ...fault('SCHEMA_INVALID', at, `there is no format "${shorten(value)}"`),
        suggestion: nearest(value, formats),
      },
    ];
  }
  return [];
}

function checkPattern(pattern: string, at: Path, onKey: boolean): SchemaFinding[] {
  const found = patternFault(pattern);
  if (found === null) return [];
  const code = found.kind === 'invalid' ? 'SCHEMA_INVALID' : 'SCHEMA_UNSAFE_PATTERN';
  return [{ ...fault(code, at, `the pattern ${shorten(pattern)} ${found.message}`), onKey }];
}

function unknownKeyword(keyword: string, at: Path): SchemaFinding {
  const message =
    keyword === '$data'
      ? '"$data" references are not supported'
      : `there is no keyword "${shorten(keyword)}" in JSON Schema`;
  return {
    ...fault('SCHEMA_INVALID', at, message),
    onKey: true,
    suggestion: nearest(keyword, COMMON_KEYWORDS),
  };
}

function fault(code: ProblemCode, path: Path, message: string): SchemaFinding {
  return { code, path, message, onKey: false, suggestion: undefined };
}

const COMMON_KEYWORDS = [
  ...ONE,
  ...LIST,
  ...TABLE,
  'type',
  'enum',
  'const',
  'required',
  'pattern',
  'format',
  'default',
  'title',
  'description',

  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',

  'uniqueItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'dependentRequired',
  'examples',
  '$ref',
];
