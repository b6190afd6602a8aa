import {
  getNamedType,
  isCompositeType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { FieldExtensions } from './guard.ts';

/** What a document would take. */
export interface Measure {
  /** Levels of fields below each other. */
  readonly depth: number;
  /** The same inside of `__schema` and `__type`; 0 without those. */
  readonly introspectionDepth: number;
  /**
   * How many objects it would read, estimated: each field with an object costs 1, each list as many as it may have, times what
   * surrounds it. A scalar costs nothing but under an alias: then 1, because so it can be repeated.
   */
  readonly cost: number;
}

const NOTHING: Measure = { depth: 0, introspectionDepth: 0, cost: 0 };

/** What a variable is taken for that says how long a list is and is no number: the longest. */
const MOST = 200;

/** What a part of the schema costs that is asked for under an alias: because so all of it can be repeated. Tools never do. */
const SCHEMA = 100;

interface Walk {
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Each fragment is measured once, however often it is spread; null while it is being measured. */
  readonly measured: Map<string, Measure | null>;
}

/** A place in the document: the type that is selected from, and how long the page is that it belongs to. */
interface Place {
  readonly type: GraphQLCompositeType | undefined;
  readonly page: number;
}

/** The largest operation of a document. Takes time in proportion to the document, whatever its fragments multiply to. */
export function measure(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): Measure {
  const fragments = new Map(
    document.definitions.flatMap(
      (one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : []), // sound: a pair
    ),
  );
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const each = operations.map((operation) => {
    const walk = { schema, variables, operation, fragments, measured: new Map() };
    const type = schema.getRootType(operation.operation) ?? undefined;
    return ofSelections(operation.selectionSet, { type, page: 1 }, walk);
  });
  return {
    depth: Math.max(0, ...each.map(({ depth }) => depth)),
    introspectionDepth: Math.max(0, ...each.map((one) => one.introspectionDepth)),
    cost: Math.max(0, ...each.map(({ cost }) => cost)),
  };
}

function ofSelections({ selections }: SelectionSetNode, place: Place, walk: Walk): Measure {
  let { depth, introspectionDepth, cost } = NOTHING;
  for (const selection of selections) {
    const one = ofSelection(selection, place, walk);
    depth = Math.max(depth, one.depth);
    introspectionDepth = Math.max(introspectionDepth, one.introspectionDepth);
    cost += one.cost;
  }
  return { depth, introspectionDepth, cost };
}

function ofSelection(selection: SelectionNode, place: Place, walk: Walk): Measure {
  switch (selection.kind) {
    case Kind.FIELD:
      return ofField(selection, place, walk);
    case Kind.INLINE_FRAGMENT: {
      const type = typeNamed(selection.typeCondition?.name.value, walk) ?? place.type;
      return ofSelections(selection.selectionSet, { ...place, type }, walk);
    }
    case Kind.FRAGMENT_SPREAD:
      return ofFragment(selection.name.value, place, walk);
  }
}

/** A fragment that contains itself counts as nothing here: validation refuses it. */
function ofFragment(name: string, { page }: Place, walk: Walk): Measure {
  const key = `${name} ${page}`;
  const known = walk.measured.get(key);
  if (known !== undefined) return known ?? NOTHING;
  const fragment = walk.fragments.get(name);
  if (fragment === undefined) return NOTHING;
  walk.measured.set(key, null);
  const type = typeNamed(fragment.typeCondition.name.value, walk);
  const answer = ofSelections(fragment.selectionSet, { type, page }, walk);
  walk.measured.set(key, answer);
  return answer;
}

function ofField(node: FieldNode, place: Place, walk: Walk): Measure {
  const field = fieldNamed(node.name.value, place.type, walk.schema);
  const type = field === undefined ? undefined : getNamedType(field.type);
  const isLeaf = type !== undefined && !isCompositeType(type);
  const size = field === undefined ? 1 : sizeOf(field, node, { place, walk });
  const isAgain = node.alias !== undefined && isIntrospection(node.name.value, place);
  const inside =
    node.selectionSet === undefined
      ? NOTHING
      : ofSelections(
          node.selectionSet,
          {
            type: type !== undefined && isCompositeType(type) ? type : undefined,
            page: pageOf(field, node, walk),
          },
          walk,
        );
  const cost = isLeaf
    ? Number(node.alias !== undefined)
    : (isAgain ? SCHEMA : size) * (1 + inside.cost);
  const depth = 1 + inside.depth;
  if (field !== SchemaMetaFieldDef && field !== TypeMetaFieldDef)
    return { depth, introspectionDepth: inside.introspectionDepth, cost };
  return { depth: 1, introspectionDepth: depth, cost };
}

function sizeOf(
  { extensions }: GraphQLField<unknown, unknown>,
  node: FieldNode,
  { place, walk }: { readonly place: Place; readonly walk: Walk },
): number {
  const { size } = extensions as FieldExtensions; // sound: only the guards and this room's types set them
  if (size === undefined) return 1;
  if (typeof size === 'number') return size;
  return size === 'page' ? place.page : argument(size, node, walk);
}

function isIntrospection(name: string, { type }: Place): boolean {
  return name.startsWith('__') || (type?.name.startsWith('__') ?? false);
}

/** How long the page is that a field opens. */
function pageOf(
  field: GraphQLField<unknown, unknown> | undefined,
  node: FieldNode,
  walk: Walk,
): number {
  return field?.args.some(({ name }) => name === 'first') ? argument('first', node, walk) : 1;
}

/** What an argument says about a length. */
function argument(name: string, { arguments: given = [] }: FieldNode, walk: Walk): number {
  const value = given.find((one) => one.name.value === name)?.value;
  return value === undefined ? DEFAULT : Math.max(1, numberIn(value, walk));
}

/** The `limit` and `first` of every list. */
const DEFAULT = 20;

function numberIn(value: ValueNode, { variables, operation }: Walk): number {
  if (value.kind === Kind.INT) return Number(value.value);
  if (value.kind === Kind.NULL) return DEFAULT;
  if (value.kind !== Kind.VARIABLE) return MOST;
  const name = value.name.value;
  const given = variables[name];
  if (typeof given === 'number' && Number.isFinite(given)) return given;
  if (given === null) return DEFAULT;
  if (given !== undefined) return MOST;
  const declared = operation.variableDefinitions?.find((one) => one.variable.name.value === name);
  return declared?.defaultValue?.kind === Kind.INT ? Number(declared.defaultValue.value) : DEFAULT;
}

function typeNamed(name: string | undefined, { schema }: Walk): GraphQLCompositeType | undefined {
  const type = name === undefined ? undefined : schema.getType(name);
  return type !== undefined && isCompositeType(type) ? type : undefined;
}

/** A field of a type, and those that every type has. Unknown ones are refused by validation. */
function fieldNamed(
  name: string,
  type: GraphQLCompositeType | undefined,
  schema: GraphQLSchema,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type !== undefined && type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type !== undefined && 'getFields' in type ? type.getFields()[name] : undefined;
}
