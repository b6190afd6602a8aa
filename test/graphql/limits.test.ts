import { afterAll, beforeAll, expect, test } from 'vitest';
import { getIntrospectionQuery } from 'graphql';
import { defineTask } from '../../src/definition/define-task.ts';
import { by } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startService, type Service } from './service.ts';

const body = (query: string, variables?: unknown): string => JSON.stringify({ query, variables });
const repeated = (times: number, part: (index: number) => string): string =>
  Array.from({ length: times }, (_, index) => part(index)).join(' ');

/** What is refused: how it is called, the body, and the code that the answer has. */
const REFUSED: readonly (readonly [name: string, body: string, code: string])[] = [
  ['a thousand aliases', body(`{${repeated(400, (i) => `a${i}: tasks { taskId }`)}}`), 'TOKENS'],
  ['as many as fit', body(`{${repeated(300, (i) => `a${i}: tasks{taskId}`)}}`), 'COST'],
  ['a scalar under many names', body(`{tasks{${repeated(600, (i) => `a${i}:context`)}}}`), 'COST'],
  [
    'tasks of steps of tasks',
    body(`{tasks{${'workflowSteps{task{'.repeat(20)}taskId${'}}'.repeat(20)}}}`),
    'DEPTH',
  ],
  [
    'nine levels',
    body(
      '{taskConnection(first: 1){edges{node{workflowSteps{task{namedTask{namedSteps{dependentSystem{name}}}}}}}}}',
    ),
    'DEPTH',
  ],
  [
    'the same through fragments',
    body(
      `{tasks{...A}} ${repeated(9, (i) => `fragment ${'ABCDEFGHI'[i]} on Task{workflowSteps{task{...${'BCDEFGHIJ'[i]}}}}`)} fragment J on Task{taskId}`,
    ),
    'DEPTH',
  ],
  ['lists in lists', body('{ tasks(limit: 200) { workflowSteps { siblings { name } } } }'), 'COST'],
  [
    'a long page in a variable',
    body('query($n: Int) { tasks(limit: $n) { workflowSteps { name } } }', { n: 1_000 }),
    'COST',
  ],
  [
    'a long page as a default',
    body('query($n: Int = 400) { tasks(limit: $n) { workflowSteps { name } } }'),
    'COST',
  ],
  [
    'a long connection',
    body('{ taskConnection(first: 500) { edges { node { workflowSteps { name } } } } }'),
    'COST',
  ],
  [
    'fragments that double each other',
    body(
      `{...F0} ${repeated(40, (i) => `fragment F${i} on Query{...F${i + 1} ...F${i + 1}}`)} fragment F40 on Query{tasks{taskId}}`,
    ),
    'COST',
  ],
  [
    'fragments that contain each other',
    body('{ tasks { ...A } } fragment A on Task { ...B } fragment B on Task { ...A }'),
    'GRAPHQL_INVALID',
  ],
  ['fifty thousand tokens', body(`{${' taskId'.repeat(50_000)}}`), 'TOKENS'],
  [
    'a thousand times the same field',
    body(`{tasks{${'taskId '.repeat(1_900)}}}`),
    'GRAPHQL_INVALID',
  ],
  [
    'the schema many times',
    body(`{__schema{${repeated(150, (i) => `a${i}:types{fields{args{name}}}`)}}}`),
    'COST',
  ],
  [
    'directives without end',
    body(`{tasks{taskId${' @skip(if:false)'.repeat(250)}}}`),
    'GRAPHQL_INVALID',
  ],
  ['nothing', body(''), 'GRAPHQL_INVALID'],
  ['no closing bracket', body('{ tasks { taskId }'), 'GRAPHQL_INVALID'],
  ['a field that is not there', body('{ tasks { passwrod } }'), 'GRAPHQL_INVALID'],
  ['a subscription', body('subscription { tasks { taskId } }'), 'GRAPHQL_INVALID'],
  [
    'two operations and no choice',
    body('query A{tasks{taskId}} query B{tasks{name}}'),
    'GRAPHQL_INVALID',
  ],
  [
    'a variable of another type',
    body('query($n: Int){tasks(limit:$n){taskId}}', { n: '1;drop' }),
    'GRAPHQL_INVALID',
  ],
  [
    'a variable that is missing',
    body('query($id: ID!){task(taskId:$id){taskId}}'),
    'GRAPHQL_INVALID',
  ],
  ['variables that are no object', body('{tasks{taskId}}', '[1]'), 'GRAPHQL_INVALID'],
  [
    'a prototype in a variable',
    '{"query":"query($f: TaskFilter){taskConnection(filter:$f){totalCount}}","variables":{"f":{"__proto__":{"x":1}}}}',
    'GRAPHQL_INVALID',
  ],
  [
    'a prototype in variables as text',
    body('{tasks{taskId}}', '{"f":{"__proto__":{"x":1}}}'),
    'GRAPHQL_INVALID',
  ],
  [
    'a prototype in a literal',
    body('mutation{createTask(input:{name:"shop/order",context:{__proto__:{x:1}}}){taskId}}'),
    'GRAPHQL_INVALID',
  ],
  [
    'a JSON literal of 200 levels',
    body(
      `mutation{createTask(input:{name:"shop/order",context:{a:${'['.repeat(200)}${']'.repeat(200)}}}){taskId}}`,
    ),
    'GRAPHQL_INVALID',
  ],
  [
    'a number that would be changed',
    body(
      'mutation{createTask(input:{name:"shop/order",context:{a:12345678901234567890}}){taskId}}',
    ),
    'GRAPHQL_INVALID',
  ],
  [
    'a JSON variable of 4,000 levels',
    `{"query":"mutation($c: JSON!){createTask(input:{name:\\"shop/order\\",context:$c}){taskId}}","variables":{"c":${'['.repeat(4_000)}${']'.repeat(4_000)}}}`,
    'GRAPHQL_INVALID',
  ],
  [
    'a moment that is none',
    body('{taskConnection(filter:{createdFrom:"yesterday"}){totalCount}}'),
    'GRAPHQL_INVALID',
  ],
  [
    'introspection of fields of fields of fields',
    body(`{__schema{types{${'fields{type{'.repeat(5)}name${'}}'.repeat(5)}}}}`),
    'GRAPHQL_INVALID',
  ],
  [
    'introspection deeper than tools go',
    body(`{__schema{types{${'ofType{'.repeat(14)}name${'}'.repeat(14)}}}}`),
    'DEPTH',
  ],
];

describeOnEachDatabase('GraphQL limits', (database) => {
  let service: Service;

  beforeAll(async () => {
    service = await startService(database, { worker: false });
    await service.ask('{ tasks { taskId } }'); // whatever is done once is done
  });
  afterAll(async () => service.finish());

  test.each(REFUSED)('refuses %s at once', async (_, text, code) => {
    const start = performance.now();
    const { status, errors, code: ofBody, data } = await service.send(text);
    const took = performance.now() - start;

    expect([status, data, errors[0]?.extensions.code ?? ofBody]).toEqual([400, undefined, code]);
    expect(took).toBeLessThan(300);
    expect(await service.engine.tasker.countTasks()).toEqual({ count: 0, exact: true });
  });

  test.each([
    [
      'one page of everything',
      '{ tasks { context workflowSteps { results } taskAnnotations { annotation } } }',
    ],
    ['the longest page', '{ tasks(limit: 200) { taskId status context } }'],
    [
      'eight levels',
      '{taskConnection(first: 1){edges{node{workflowSteps{task{namedTask{namedSteps{name}}}}}}}}',
    ],
    ['aliases of a few', '{ a: tasks(limit: 5) { id: taskId } b: tasks(limit: 5) { id: taskId } }'],
    [
      'what tools ask',
      getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }),
    ],
    [
      'every field of one type',
      '{ __type(name: "WorkflowStep") { fields { name type { name } } } }',
    ],
  ])('lets through %s', async (_, query) => {
    const { status, errors } = await service.ask(query);

    expect([status, errors]).toEqual([200, []]);
  });

  test('refuses a batch', async () => {
    const { status, code } = await service.send(
      JSON.stringify(Array.from({ length: 100 }, () => ({ query: '{ tasks { taskId } }' }))),
    );

    expect([status, code]).toEqual([400, 'GRAPHQL_INVALID']);
  });

  test('takes variables as text, as older clients send them', async () => {
    const { status, errors } = await service.ask(
      'query($n: Int) { tasks(limit: $n) { taskId } }',
      '{"n": 5}',
    );

    expect([status, errors]).toEqual([200, []]);
  });

  test('an answer has at most 10,000 objects, whatever was estimated', async () => {
    const { tasker } = service.engine;
    const { taskId } = await tasker.create(wide, { ...by, context: {} });
    const { status, data, errors } = await service.ask(
      'query($id: ID!) { task(taskId: $id) { name workflowSteps { siblings { name } } } }',
      { id: taskId },
    );

    expect(status).toBe(200);
    expect(JSON.stringify(data).length).toBeLessThan(500_000);
    expect(errors.map(({ extensions }) => extensions.code)).toContain('COST');
  });
});

/** 101 steps beside each other: each has 100 siblings. */
const wide = defineTask({ name: 'wide', namespace: 'shop', version: '1.0.0' }, (t) => {
  for (let index = 0; index < 101; index += 1) t.step(`step_${index}`, {}, () => 1);
});
