import { afterAll, beforeAll, expect, test } from 'vitest';
import { getIntrospectionQuery } from 'graphql';
import { graphqlFieldPermissions } from '../../src/api/graphql/schema.ts';
import { ALL_PERMISSIONS } from '../../src/contract/permissions.ts';
import { by } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startService, type Service } from './service.ts';

const VIEWER = { grants: ['viewer'] };

describeOnEachDatabase('GraphQL permissions', (database) => {
  let service: Service;
  let order: number;
  let transfer: number;

  beforeAll(async () => {
    service = await startService(database);
    const { tasker } = service.engine;
    order = await service.order({ secret: 'context-canary', fails: true });
    await tasker.annotate(order, 'note', { text: 'note-canary' });
    ({ taskId: transfer } = await tasker.create('bank/transfer', { ...by, context: {} }));
    await tasker.waitFor(transfer, { timeout: '30s' });
  });
  afterAll(async () => service.finish());

  test('a viewer sees no payload: null, and one error for each field', async () => {
    const reply = await service.ask(
      '{ tasks { taskId context taskAnnotations { annotation } workflowSteps { name inputs results error } } }',
      undefined,
      VIEWER,
    );

    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain('canary');
    expect(reply.text).not.toContain('declined');
    const hidden = { inputs: null, results: null, error: null };
    expect(reply.data).toEqual({
      tasks: [
        {
          taskId: String(transfer),
          context: null,
          taskAnnotations: null,
          workflowSteps: [{ name: 'move', ...hidden }],
        },
        {
          taskId: String(order),
          context: null,
          taskAnnotations: null,
          workflowSteps: [
            { name: 'cart', ...hidden },
            { name: 'pay', ...hidden },
            { name: 'ship', ...hidden },
          ],
        },
      ],
    });
    expect(new Set(reply.errors.map(({ path }) => path?.at(-1)))).toEqual(
      new Set(['context', 'error', 'inputs', 'results', 'taskAnnotations']),
    );
    expect(reply.errors).toHaveLength(5);
    for (const { extensions } of reply.errors) expect(extensions.code).toBe('FORBIDDEN');
  });

  test('whoever may not read steps gets the task without them', async () => {
    const reply = await service.ask(
      'query($id: ID!) { task(taskId: $id) { name workflowSteps { name } } }',
      { id: order },
      { grants: ['tasks:read'] },
    );

    expect(reply.data).toEqual({ task: { name: 'order', workflowSteps: null } });
    expect(reply.errors).toMatchObject([
      { path: ['task', 'workflowSteps'], extensions: { code: 'FORBIDDEN' } },
    ]);
  });

  test.each([
    '{ tasksByAnnotation(annotationType: "note", annotationKey: "text", annotationValue: "x") { taskId } }',
    '{ taskConnection(filter: {context: {secret: "guess"}}) { totalCount } }',
    '{ taskConnection(filter: {annotation: {type: "note", key: "text", value: "x"}}) { totalCount } }',
  ])('a viewer cannot find out a payload by searching: %s', async (query) => {
    const { errors } = await service.ask(query, undefined, VIEWER);

    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });

  test('a task of another namespace does not exist', async () => {
    const caller = { grants: ['operator'], namespaces: ['shop'] };
    const foreign = { id: transfer };
    const codes = async (query: string, variables = {}): Promise<unknown> => {
      const reply = await service.ask(query, variables, caller);
      return reply.errors.map(({ extensions }) => extensions.code);
    };

    expect(await codes('query($id: ID!) { task(taskId: $id) { name } }', foreign)).toEqual([
      'TASK_NOT_FOUND',
    ]);
    expect(
      await codes('query($id: Int!) { step(taskId: $id, stepId: "move") { name } }', foreign),
    ).toEqual(['TASK_NOT_FOUND']);
    expect(
      await codes('mutation($id: ID!) { cancelTask(input: {taskId: $id}) { name } }', foreign),
    ).toEqual(['TASK_NOT_FOUND']);
    expect(
      await codes('mutation { createTask(input: {name: "bank/transfer", context: {}}) { name } }'),
    ).toEqual(['DEFINITION_NOT_FOUND']);
    const listed = await service.ask(
      `{ tasks { namespace } tasksByStatus(status: "complete") { namespace } definitions { namespace }
         taskConnection(filter: {namespace: "bank"}) { totalCount edges { node { name } } } }`,
      undefined,
      caller,
    );
    expect(listed.data).toEqual({
      tasks: [{ namespace: 'shop' }],
      tasksByStatus: [],
      definitions: [{ namespace: 'shop' }],
      taskConnection: { totalCount: 0, edges: [] },
    });
  });

  test('every query and mutation is refused without its permission and not refused with it', async () => {
    const entries = graphqlFieldPermissions().filter(({ field }) => CALLS[field] !== undefined);
    expect(entries).toHaveLength(23);
    for (const { field, permission } of entries) {
      const query = CALLS[field] ?? '';
      const others = ALL_PERMISSIONS.filter((one) => one !== permission);
      const without = await service.ask(query, undefined, { grants: others });
      const having = await service.ask(query, undefined, {
        grants: [permission, ...(ALSO[field] ?? [])],
      });

      expect([field, without.errors[0]?.extensions.code]).toEqual([field, 'FORBIDDEN']);
      expect([field, having.errors.map((one) => one.extensions.code)]).toEqual([
        field,
        having.errors.map(() => 'TASK_NOT_FOUND'),
      ]);
    }
  });

  test('the host decides more finely, for each task', async () => {
    const own = await startService(database, {
      worker: false,
      api: {
        authorize: (_, permission, { taskId }) =>
          permission !== 'tasks:read_context' || taskId !== 2,
      },
    });
    for (const cart of [1, 2])
      await own.engine.tasker.create('shop/order', { ...by, context: { cart } });
    const reply = await own.ask('{ tasks { context } }');

    expect(reply.data).toEqual({ tasks: [{ context: null }, { context: { cart: 1 } }] });
    expect(reply.errors).toHaveLength(1);
    await own.finish();
  });

  test('only who may read definitions is told about the schema', async () => {
    const caller = { grants: ['tasks:list'] };
    const introspection = await service.ask(getIntrospectionQuery(), undefined, caller);
    const misspelt = await service.ask('{ tasks { passwrod taskld } }', undefined, caller);

    expect(introspection.status).toBe(400);
    expect(introspection.errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    expect(misspelt.status).toBe(400);
    expect(misspelt.text).not.toContain('Did you mean');
    expect((await service.ask('{ tasks { taskld } }')).text).toContain('Did you mean \\"taskId\\"');
    expect((await service.ask('{ __type(name: "Task") { name } }', undefined, caller)).status).toBe(
      400,
    );
    expect((await service.ask('{ tasks { __typename } }', undefined, caller)).status).toBe(200);
    const allowed = await service.ask(getIntrospectionQuery(), undefined, VIEWER);
    expect([allowed.status, allowed.errors]).toEqual([200, []]);
  });
});

/** Searching what is in an annotation tells what is in it. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'Query.tasksByAnnotation': ['tasks:read_context'],
};

/** A call of each entry. Those about a task name one that does not exist, so that nothing is changed. */
const CALLS: Readonly<Record<string, string>> = {
  'Query.tasks': '{ tasks { taskId } }',
  'Query.tasksByStatus': '{ tasksByStatus(status: "error") { taskId } }',
  'Query.tasksByAnnotation':
    '{ tasksByAnnotation(annotationType: "a", annotationKey: "b", annotationValue: "c") { taskId } }',
  'Query.taskConnection': '{ taskConnection { totalCount } }',
  'Query.task': '{ task(taskId: 999) { taskId } }',
  'Query.step': '{ step(taskId: 999, stepId: "cart") { name } }',
  'Query.annotationTypes': '{ annotationTypes { name } }',
  'Query.definitions': '{ definitions { name } }',
  'Query.workers': '{ workers { name } }',
  'Query.dependentSystems': '{ dependentSystems { name } }',
  'Query.objectMaps': '{ objectMaps { idOne } }',
  'Mutation.createTask':
    'mutation { createTask(input: {name: "bank/transfer", context: {}, idempotencyKey: "matrix"}) { taskId } }',
  ...Object.fromEntries(
    ['updateTask', 'cancelTask', 'retryTask', 'resolveTask', 'resetTask'].map((name) => [
      `Mutation.${name}`,
      `mutation { ${name}(input: {taskId: 999}) { taskId } }`,
    ]),
  ),
  'Mutation.annotateTask':
    'mutation { annotateTask(input: {taskId: 999, annotationType: "a", annotation: 1}) { taskId } }',
  ...Object.fromEntries(
    ['updateStep', 'cancelStep', 'retryStep', 'resolveStep', 'resetStep'].map((name) => [
      `Mutation.${name}`,
      `mutation { ${name}(input: {taskId: 999, stepId: "cart"}) { name } }`,
    ]),
  ),
};
