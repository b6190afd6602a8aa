import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowStepId } from '../../src/model/task.ts';
import { by } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startService, type Service } from './service.ts';

describeOnEachDatabase('GraphQL queries', (database) => {
  let service: Service;
  let complete: number;
  let failed: number;
  let moved: number;

  beforeAll(async () => {
    service = await startService(database);
    const { tasker } = service.engine;
    complete = await service.order({ cart_id: 17 });
    failed = await service.order({ cart_id: 18, fails: true });
    ({ taskId: moved } = await tasker.create('bank/transfer', {
      ...by,
      context: {},
      tags: ['urgent'],
      requestedAt: new Date('2026-01-01T00:00:00Z'),
    }));
    await tasker.waitFor(moved, { timeout: '30s' });
    await tasker.annotate(complete, 'colour', { name: 'red' });
    await tasker.mapObjects({ system: 'carts', id: '17' }, { system: 'crm', id: 'a' });
  });
  afterAll(async () => service.finish());

  const data = async (query: string, variables = {}): Promise<unknown> => {
    const reply = await service.ask(query, variables);
    expect(reply.errors).toEqual([]);
    expect(reply.status).toBe(200);
    return reply.data;
  };

  test('tasks: newest request first, with the fields of a task', async () => {
    const [failedId, completeId, movedId] = [failed, complete, moved].map(String);

    expect(await data('{ tasks { taskId } }')).toEqual({
      tasks: [{ taskId: failedId }, { taskId: completeId }, { taskId: movedId }],
    });
    expect(
      await data(
        '{ tasks(limit: 1, offset: 2) { taskId namespace name version status complete initiator reason sourceSystem tags bypassSteps priority context requestedAt namedTask { name } } }',
      ),
    ).toEqual({
      tasks: [
        {
          taskId: movedId,
          namespace: 'bank',
          name: 'transfer',
          version: '1.0.0',
          status: 'complete',
          complete: true,
          initiator: 'test',
          reason: 'test',
          sourceSystem: 'test',
          tags: ['urgent'],
          bypassSteps: [],
          priority: 0,
          context: {},
          requestedAt: '2026-01-01T00:00:00.000Z',
          namedTask: { name: 'transfer' },
        },
      ],
    });
  });

  test('tasks: in another order', async () => {
    expect(await data('{ tasks(sortBy: "task_id", sortOrder: "asc") { taskId } }')).toEqual({
      tasks: [complete, failed, moved].map((taskId) => ({ taskId: String(taskId) })),
    });
  });

  test.each([
    ['sortBy: "secret"', 'sortBy must be one of task_id, requested_at, created_at'],
    ['sortOrder: "down"', 'sortOrder must be one of asc, desc'],
    ['limit: 201', 'limit must be a whole number from 1 to 200'],
    ['limit: 0', 'limit must be a whole number from 1 to 200'],
    ['offset: -1', 'offset must be a whole number from 0 to 10000'],
  ])('tasks: refuses %s', async (argument, message) => {
    const { status, data: got, errors } = await service.ask(`{ tasks(${argument}) { taskId } }`);

    expect([status, got]).toEqual([200, { tasks: null }]);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain(message);
    expect(errors[0]).toMatchObject({ path: ['tasks'], extensions: { code: 'INVALID_REQUEST' } });
  });

  test('tasksByStatus', async () => {
    expect(await data('{ tasksByStatus(status: "error") { taskId status } }')).toEqual({
      tasksByStatus: [{ taskId: String(failed), status: 'error' }],
    });
    const { errors } = await service.ask('{ tasksByStatus(status: "broken") { taskId } }');
    expect(errors[0]?.extensions.code).toBe('INVALID_REQUEST');
  });

  test('tasksByAnnotation, and the way back from an annotation to its task', async () => {
    const found = await data(
      `{ tasksByAnnotation(annotationType: "colour", annotationKey: "name", annotationValue: "red") {
           taskId taskAnnotations { taskAnnotationId taskId step annotation annotationType { name } task { taskId status } } } }`,
    );

    expect(found).toEqual({
      tasksByAnnotation: [
        {
          taskId: String(complete),
          taskAnnotations: [
            {
              taskAnnotationId: expect.stringMatching(/^\d+$/) as string, // sound: a matcher stands for a text
              taskId: complete,
              step: null,
              annotation: { name: 'red' },
              annotationType: { name: 'colour' },
              task: { taskId: String(complete), status: 'complete' },
            },
          ],
        },
      ],
    });
  });

  test('task: its real context, its steps and their places in the graph', async () => {
    const found = await data(
      `query One($taskId: ID!) { task(taskId: $taskId) { context workflowSteps {
         name status isRootStep isLeafStep parentStepIds childStepIds parents { name } children { name } siblings { name }
         namedStep { name dependsOn dependentSystem { name } } task { taskId } } } }`,
      { taskId: complete },
    );

    const step = (position: number): string => String(workflowStepId(complete, position));
    const common = { status: 'complete', siblings: [], task: { taskId: String(complete) } };
    expect(found).toEqual({
      task: {
        context: { cart_id: 17 },
        workflowSteps: [
          {
            ...common,
            name: 'cart',
            isRootStep: true,
            isLeafStep: false,
            parentStepIds: [],
            childStepIds: [step(1)],
            parents: [],
            children: [{ name: 'pay' }],
            namedStep: { name: 'cart', dependsOn: [], dependentSystem: { name: 'carts' } },
          },
          {
            ...common,
            name: 'pay',
            isRootStep: false,
            isLeafStep: false,
            parentStepIds: [step(0)],
            childStepIds: [step(2)],
            parents: [{ name: 'cart' }],
            children: [{ name: 'ship' }],
            namedStep: { name: 'pay', dependsOn: ['cart'], dependentSystem: { name: 'unknown' } },
          },
          {
            ...common,
            name: 'ship',
            isRootStep: false,
            isLeafStep: true,
            parentStepIds: [step(1)],
            childStepIds: [],
            parents: [{ name: 'pay' }],
            children: [],
            namedStep: { name: 'ship', dependsOn: ['pay'], dependentSystem: { name: 'unknown' } },
          },
        ],
      },
    });
  });

  test('step: by its own id, by task and id, and by task and name', async () => {
    const stepId = String(workflowStepId(failed, 1));
    const fields = '{ name status attempts error results inputs workflowStepId taskId }';
    const pay = {
      name: 'pay',
      status: 'error',
      attempts: 1,
      error: { name: 'PermanentError', message: 'the card is declined', retryable: false },
      results: null,
      inputs: { cart_id: 18, fails: true },
      workflowStepId: stepId,
      taskId: failed,
    };

    expect(
      await data(
        `query Steps($taskId: Int!, $stepId: ID!) { a: step(stepId: $stepId) ${fields}
           b: step(taskId: $taskId, stepId: $stepId) ${fields} c: step(taskId: $taskId, stepId: "pay") ${fields} }`,
        { taskId: failed, stepId },
      ),
    ).toEqual({ a: pay, b: pay, c: pay });
  });

  test.each([
    ['{ task(taskId: 999) { name } }', 'TASK_NOT_FOUND'],
    ['{ task(taskId: "-1") { name } }', 'INVALID_REQUEST'],
    ['{ task(taskId: "1; drop table tasks") { name } }', 'INVALID_REQUEST'],
    ['{ step(taskId: 1, stepId: "nowhere") { name } }', 'STEP_NOT_FOUND'],
    ['{ step(taskId: 1, stepId: 131072) { name } }', 'STEP_NOT_FOUND'],
    ['{ step(stepId: "pay") { name } }', 'INVALID_REQUEST'],
    ['{ step(stepId: "") { name } }', 'INVALID_REQUEST'],
  ])('%s is answered with %s', async (query, code) => {
    const { status, errors } = await service.ask(query);

    expect(status).toBe(200);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  });

  test('annotationTypes, definitions, workers, dependentSystems and objectMaps', async () => {
    expect(
      await data(
        `{ annotationTypes { name } definitions(namespace: "shop") { name version stepCount namedSteps { name } }
           workers { state queues } dependentSystems { name } objectMaps(system: "carts") { idOne idTwo } }`,
      ),
    ).toEqual({
      annotationTypes: [{ name: 'colour' }],
      definitions: [
        {
          name: 'order',
          version: '1.0.0',
          stepCount: 3,
          namedSteps: [{ name: 'cart' }, { name: 'pay' }, { name: 'ship' }],
        },
      ],
      workers: [{ state: 'alive', queues: ['default'] }],
      dependentSystems: [{ name: 'carts' }, { name: 'crm' }, { name: 'unknown' }],
      objectMaps: [{ idOne: '17', idTwo: 'a' }],
    });
  });

  test('taskConnection: page by page to the end, with the number of all', async () => {
    const query = `query Page($after: String) { taskConnection(first: 2, after: $after) {
      totalCount totalIsExact edges { cursor node { taskId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    const page = async (after: string | null): Promise<Connection> => {
      const { taskConnection } = (await data(query, { after })) as { taskConnection: Connection }; // sound: compared below
      return taskConnection;
    };
    const one = await page(null);
    const two = await page(one.pageInfo.endCursor);

    expect(one.edges.map(({ node }) => Number(node.taskId))).toEqual([failed, complete]);
    expect(one).toMatchObject({ totalCount: 3, totalIsExact: true });
    expect(one.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(one.pageInfo.startCursor).toBe(one.edges[0]?.cursor);
    expect(two.edges.map(({ node }) => Number(node.taskId))).toEqual([moved]);
    expect(two.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(await page(one.edges[0]?.cursor ?? '')).toMatchObject({
      edges: [{ node: { taskId: String(complete) } }, { node: { taskId: String(moved) } }],
    });
  });

  test.each([
    ['{status: [complete], namespace: "shop"}', () => [complete]],
    ['{context: {cart_id: 18}}', () => [failed]],
    ['{stepStatus: [error]}', () => [failed]],
    ['{tag: "urgent"}', () => [moved]],
    ['{dependentSystem: "carts", sourceSystem: "test"}', () => [failed, complete]],
    ['{annotation: {type: "colour", key: "name", value: "red"}}', () => [complete]],
    ['{createdTo: "2020-01-01T00:00:00Z"}', () => []],
  ])('taskConnection: finds what %s says', async (filter, expected) => {
    const got = await data(`{ taskConnection(filter: ${filter}) { edges { node { taskId } } } }`);

    expect(got).toEqual({
      taskConnection: { edges: expected().map((id) => ({ node: { taskId: String(id) } })) },
    });
  });

  test('taskConnection: refuses a cursor that it did not give out, and one of another list', async () => {
    const { taskConnection } = (await data(
      '{ taskConnection(first: 1) { pageInfo { endCursor } } }',
    )) as { taskConnection: Connection }; // sound: asked for just now
    const cursor = taskConnection.pageInfo.endCursor;
    for (const args of [
      'after: "made up"',
      `after: "${cursor}", sortOrder: "asc"`,
      `after: "${cursor}", filter: {tag: "urgent"}`,
    ]) {
      const { errors } = await service.ask(`{ taskConnection(${args}) { totalCount } }`);
      expect(errors[0]?.extensions.code).toBe('INVALID_REQUEST');
    }
  });
});

interface Connection {
  readonly edges: readonly {
    readonly cursor: string;
    readonly node: { readonly taskId: string };
  }[];
  readonly pageInfo: { readonly endCursor: string; readonly startCursor: string };
}
