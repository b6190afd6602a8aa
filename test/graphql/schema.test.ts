import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GraphQLObjectType, GraphQLSchema, GraphQLString, printSchema } from 'graphql';
import { expect, test } from 'vitest';
import { ALL_PERMISSIONS } from '../../src/contract/permissions.ts';
import { listOf } from '../../src/api/graphql/types/field-types.ts';
import { checked, GRAPHQL_SCHEMA, graphqlFieldPermissions } from '../../src/api/graphql/schema.ts';

const GOLDEN = path.resolve(import.meta.dirname, '../golden/schema.graphql');

test('the schema is the one that was agreed upon', () => {
  const printed = `${printSchema(GRAPHQL_SCHEMA)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, printed);

  expect(printed).toBe(readFileSync(GOLDEN, 'utf8'));
});

test('every query and mutation needs a permission of the table', () => {
  const entries = [GRAPHQL_SCHEMA.getQueryType(), GRAPHQL_SCHEMA.getMutationType()].flatMap(
    (type) => Object.keys(type?.getFields() ?? {}).map((name) => `${type?.name}.${name}`),
  );
  const permissions = graphqlFieldPermissions();

  expect(entries.length).toBe(23);
  expect(permissions.map(({ field }) => field)).toEqual(expect.arrayContaining(entries));
  for (const { permission } of permissions) expect(ALL_PERMISSIONS).toContain(permission);
});

test('every payload needs the permission to see it', () => {
  expect(graphqlFieldPermissions()).toEqual(
    expect.arrayContaining([
      { field: 'Task.context', permission: 'tasks:read_context' },
      { field: 'Task.taskAnnotations', permission: 'tasks:read_context' },
      { field: 'WorkflowStep.inputs', permission: 'tasks:read_context' },
      { field: 'WorkflowStep.results', permission: 'steps:read_results' },
      { field: 'WorkflowStep.error', permission: 'steps:read_results' },
    ]),
  );
});

test('a query without a permission does not make a schema', () => {
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: { secret: { type: GraphQLString } },
  });

  expect(() => checked(new GraphQLSchema({ query }))).toThrow('Query.secret has no permission');
});

test('a list of objects that nobody estimates does not make a schema', () => {
  const thing = new GraphQLObjectType({ name: 'Thing', fields: { name: { type: GraphQLString } } });
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: { things: { type: listOf(thing), extensions: { permission: 'tasks:list' } } },
  });

  expect(() => checked(new GraphQLSchema({ query }))).toThrow('Query.things is a list');
});
