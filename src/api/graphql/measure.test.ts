import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { measure } from './measure.ts';
import { GRAPHQL_SCHEMA } from './schema.ts';

const of = (query: string, variables: Readonly<Record<string, unknown>> = {}) =>
  measure(GRAPHQL_SCHEMA, parse(query), variables);

describe('the cost of a document', () => {
  test.each([
    ['one object', '{ task(taskId: 1) { taskId status context } }', 1],
    ['a list by its default', '{ tasks { taskId } }', 20],
    ['a list by its limit', '{ tasks(limit: 7) { taskId } }', 7],
    ['a limit of null by the default', '{ tasks(limit: null) { taskId } }', 20],
    ['a limit below one by one', '{ tasks(limit: -5) { taskId } }', 1],
    ['a scalar under an alias', '{ tasks(limit: 7) { id: taskId } }', 14],
    ['lists in lists', '{ tasks(limit: 2) { workflowSteps { parents { name } } } }', 2 + 6 + 18],
    ['aliases', '{ a: tasks(limit: 2) { taskId } b: tasks(limit: 3) { taskId } }', 5],
    [
      'the page of a connection where its edges are',
      '{ taskConnection(first: 5) { totalCount pageInfo { hasNextPage } edges { node { taskId } } } }',
      1 + 1 + 5 + 5,
    ],
    ['a list without any limit', '{ workers { name } }', 20],
    [
      'a fragment wherever it is spread',
      '{ a: tasks(limit: 2) { ...F } b: tasks(limit: 3) { ...F } } fragment F on Task { workflowSteps { name } }',
      2 + 6 + 3 + 9,
    ],
    [
      'the edges in a fragment by the page around it',
      '{ taskConnection(first: 4) { ...F } } fragment F on TaskConnection { edges { cursor } }',
      1 + 4,
    ],
    ['an inline fragment', '{ tasks(limit: 2) { ... on Task { workflowSteps { name } } } }', 2 + 6],
    [
      'the larger one of two operations',
      'query A { task(taskId: 1) { taskId } } query B { tasks { taskId } }',
      20,
    ],
    ['a mutation', 'mutation { cancelTask(input: {taskId: 1}) { workflowSteps { name } } }', 4],
    ['the schema again', '{ __schema { a: types { name } b: types { name } } }', 201],
  ])('counts %s', (_, query, cost) => {
    expect(of(query).cost).toBe(cost);
  });

  test('takes limits from variables, their defaults, and the longest page for what is no number', () => {
    const query = 'query($n: Int = 4) { tasks(limit: $n) { taskId } }';

    expect(of(query, { n: 9 }).cost).toBe(9);
    expect(of(query).cost).toBe(4);
    expect(of(query, { n: null }).cost).toBe(20);
    expect(of(query, { n: '9' }).cost).toBe(200);
    expect(of('query($n: Int) { tasks(limit: $n) { taskId } }').cost).toBe(20);
  });
});

describe('the depth of a document', () => {
  test.each([
    ['{ tasks { taskId } }', 2, 0],
    ['{ tasks { ... on Task { ...F } } } fragment F on Task { workflowSteps { name } }', 3, 0],
    ['{ __schema { types { fields { name } } } tasks { taskId } }', 2, 4],
    ['{ ...F } fragment F on Query { __type(name: "Task") { name } }', 1, 2],
    ['{ tasks { ...F } } fragment F on Task { ...F taskId }', 2, 0],
    ['{ unknown { field { of { nothing } } } }', 4, 0],
  ])('counts fields, whatever fragments they are in: %s', (query, depth, introspectionDepth) => {
    expect(of(query)).toMatchObject({ depth, introspectionDepth });
  });
});
