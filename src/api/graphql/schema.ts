import {
  getNamedType,
  getNullableType,
  GraphQLSchema,
  isCompositeType,
  isListType,
  isObjectType,
} from 'graphql';
import type { Permission } from '../../contract/permissions.ts';
import type { FieldExtensions } from './guard.ts';
import { MutationType } from './types/mutation.ts';
import { QueryType } from './types/query.ts';

/** A field of the schema and the permission that it needs. */
export interface GraphqlFieldPermission {
  /** `Query.tasks` */
  readonly field: string;
  readonly permission: Permission;
}

/** The schema. It has no state: every mounted interface uses the same one. */
export const GRAPHQL_SCHEMA: GraphQLSchema = checked(
  new GraphQLSchema({ query: QueryType, mutation: MutationType }),
);

/** Every field that needs a permission of its own; the others are parts of an object that was permitted already. */
export function graphqlFieldPermissions(
  schema: GraphQLSchema = GRAPHQL_SCHEMA,
): readonly GraphqlFieldPermission[] {
  return fieldsOf(schema).flatMap(({ field, extensions: { permission } }) =>
    permission === undefined ? [] : [{ field, permission }],
  );
}

/** @throws an error for an entry without a permission, or a list of objects whose size nobody estimates */
export function checked(schema: GraphQLSchema): GraphQLSchema {
  for (const { field, isEntry, isObjectList, extensions } of fieldsOf(schema)) {
    if (isEntry && extensions.permission === undefined)
      throw new Error(`${field} has no permission: make it with guarded or guardedTask`);
    if (isObjectList && extensions.size === undefined)
      throw new Error(`${field} is a list of objects and has no size`);
  }
  return schema;
}

function fieldsOf(schema: GraphQLSchema) {
  const entries = new Set([schema.getQueryType(), schema.getMutationType()]);
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) =>
      Object.values(type.getFields()).map((field) => ({
        field: `${type.name}.${field.name}`,
        isEntry: entries.has(type),
        isObjectList:
          isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type)),
        extensions: field.extensions as FieldExtensions, // sound: only the guards and this room's types set them
      })),
    );
}
