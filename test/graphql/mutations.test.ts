import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowStepId } from '../../src/model/task.ts';
import { logOf } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startService, type Service } from './service.ts';

describeOnEachDatabase('GraphQL mutations', (database) => {
  let service: Service;

  // Without a worker nothing moves but what a mutation moves.
  beforeAll(async () => {
    service = await startService(database, { worker: false });
  });
  afterAll(async () => service.finish());

  const data = async (query: string, variables = {}): Promise<unknown> => {
    const reply = await service.ask(query, variables);
    expect(reply.errors).toEqual([]);
    return reply.data;
  };
  const create = async (cart: number): Promise<number> => {
    const { createTask } = (await data(
      'mutation($c: JSON!) { createTask(input: {name: "shop/order", context: $c}) { taskId } }',
      { c: { cart } },
    )) as { createTask: { taskId: string } }; // sound: asked for just now
    return Number(createTask.taskId);
  };
  test('createTask: with every field of a request', async () => {
    const input = {
      name: 'shop/order@1.0.0',
      context: { cart: 1 },
      initiator: 'ann',
      sourceSystem: 'web',
      reason: 'wanted',
      tags: ['a', 'b'],
      bypassSteps: ['pay'],
      requestedAt: '2026-01-31T12:00:00Z',
      priority: 7,
      idempotencyKey: 'order-1',
    };
    const query = `mutation($input: CreateTaskInput!) { createTask(input: $input) {
      taskId name status context initiator sourceSystem reason tags bypassSteps requestedAt priority idempotencyKey
      workflowSteps { name status } } }`;
    const created = await data(query, { input });

    expect(created).toMatchObject({
      createTask: {
        name: 'order',
        status: 'pending',
        context: { cart: 1 },
        initiator: 'ann',
        sourceSystem: 'web',
        reason: 'wanted',
        tags: ['a', 'b'],
        bypassSteps: ['pay'],
        requestedAt: '2026-01-31T12:00:00.000Z',
        priority: 7,
        idempotencyKey: 'order-1',
        workflowSteps: [{ name: 'cart' }, { name: 'pay', status: 'skipped' }, { name: 'ship' }],
      },
    });
    expect(await data(query, { input })).toEqual(created);
  });

  test.each([
    ['an object', '{cart: 2, items: [{sku: "x", price: 1.5}]}'],
    [
      'an object as text',
      '"{\\"cart\\": 2, \\"items\\": [{\\"sku\\": \\"x\\", \\"price\\": 1.5}]}"',
    ],
  ])('createTask: takes the context as %s', async (form, context) => {
    const got = await data(
      `mutation { createTask(input: {name: "shop/order", initiator: "${form}", context: ${context}}) { context } }`,
    );

    expect(got).toEqual({
      createTask: { context: { cart: 2, items: [{ sku: 'x', price: 1.5 }] } },
    });
  });

  test.each([
    ['an unknown name', '{name: "shop/ordre", context: {}}', 'DEFINITION_NOT_FOUND'],
    ['a context that is a list', '{name: "shop/order", context: []}', 'INVALID_REQUEST'],
    ['a context that is no JSON', '{name: "shop/order", context: "{"}', 'INVALID_REQUEST'],
    ['a context that is text', '{name: "shop/order", context: "\\"a\\""}', 'INVALID_REQUEST'],
    ['an empty name', '{name: "", context: {}}', 'INVALID_REQUEST'],
    ['a priority too high', '{name: "shop/order", context: {}, priority: 1001}', 'INVALID_REQUEST'],
    [
      'no such step',
      '{name: "shop/order", context: {}, bypassSteps: ["x"]}',
      'UNKNOWN_BYPASS_STEP',
    ],
  ])('createTask: refuses %s and stores nothing', async (_, input, code) => {
    const before = await service.engine.tasker.countTasks();
    const reply = await service.ask(`mutation { createTask(input: ${input}) { taskId } }`);

    expect(reply).toMatchObject({ status: 200, data: { createTask: null } });
    expect(reply.errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(await service.engine.tasker.countTasks()).toEqual(before);
  });

  test('updateTask: reason and tags, and only those', async () => {
    const taskId = await create(10);

    expect(
      await data(
        'mutation($id: ID!) { updateTask(input: {taskId: $id, reason: "other", tags: ["x"]}) { reason tags initiator } }',
        { id: taskId },
      ),
    ).toEqual({ updateTask: { reason: 'other', tags: ['x'], initiator: 'unknown' } });
    const { status, errors } = await service.ask(
      'mutation($id: ID!) { updateTask(input: {taskId: $id, status: "complete"}) { status } }',
      { id: taskId },
    );
    expect([status, errors[0]?.extensions.code]).toEqual([400, 'GRAPHQL_INVALID']);
  });

  test('updateTask and updateStep: only what was read, if a revision is given', async () => {
    const taskId = await create(17);
    const { task } = (await data(
      'query($t: ID!) { task(taskId: $t) { revision workflowSteps { revision } } }',
      { t: taskId },
    )) as { task: { revision: string; workflowSteps: { revision: string }[] } }; // sound: asked for just now
    const query = `mutation($t: ID!, $n: Int!, $task: String!, $step: String!) {
      updateTask(input: {taskId: $t, reason: "first", ifRevision: $task}) { reason }
      updateStep(input: {taskId: $n, stepId: "cart", retryLimit: 8, ifRevision: $step}) { retryLimit } }`;
    const variables = {
      t: taskId,
      n: taskId,
      task: task.revision,
      step: task.workflowSteps[0]?.revision ?? '',
    };

    expect(await data(query, variables)).toEqual({
      updateTask: { reason: 'first' },
      updateStep: { retryLimit: 8 },
    });
    const again = await service.ask(query, variables);
    expect(again.data).toEqual({ updateTask: null, updateStep: null });
    expect(again.errors.map(({ extensions }) => extensions.code)).toEqual([
      'REVISION_CONFLICT',
      'REVISION_CONFLICT',
    ]);
  });

  test('cancelTask: once; a second time is a conflict that says so', async () => {
    const taskId = await create(11);
    const query = `mutation($id: ID!) { cancelTask(input: {taskId: $id, reason: "not wanted"}) { status workflowSteps { status } } }`;

    expect(await data(query, { id: taskId })).toEqual({
      cancelTask: {
        status: 'cancelled',
        workflowSteps: [{ status: 'cancelled' }, { status: 'cancelled' }, { status: 'cancelled' }],
      },
    });
    const again = await service.ask(query, { id: taskId });
    expect(again).toMatchObject({ status: 200, data: { cancelTask: null } });
    expect(again.errors[0]).toMatchObject({
      path: ['cancelTask'],
      extensions: { code: 'TASK_STATE_CONFLICT', task_id: taskId, request_id: 'request-1' },
    });
    expect(await logOf(service.engine.tasker, taskId)).toContain(
      'cancel_task: pending -> cancelled',
    );
    expect((await service.engine.tasker.operatorLog(taskId))[0]).toMatchObject({
      actor: 'tester',
      reason: 'not wanted',
    });
  });

  test('resolveTask and resetTask', async () => {
    const taskId = await create(12);

    expect(
      await data(
        'mutation($id: ID!) { resetTask(input: {taskId: $id}) { status } resolveTask(input: {taskId: $id}) { status complete } }',
        { id: taskId },
      ),
    ).toEqual({
      resetTask: { status: 'pending' },
      resolveTask: { status: 'resolved_manually', complete: false },
    });
  });

  test('annotateTask: the annotation stands in the answer', async () => {
    const taskId = await create(13);

    expect(
      await data(
        `mutation($id: ID!) { annotateTask(input: {taskId: $id, annotationType: "ticket", annotation: {number: 5}}) {
           taskAnnotations { annotation annotationType { name } } } }`,
        { id: taskId },
      ),
    ).toEqual({
      annotateTask: {
        taskAnnotations: [{ annotation: { number: 5 }, annotationType: { name: 'ticket' } }],
      },
    });
  });

  test('updateStep: inputs and retry limit, by the id of the step alone', async () => {
    const taskId = await create(14);

    expect(
      await data(
        'mutation($id: ID!) { updateStep(input: {stepId: $id, retryLimit: 9, inputs: {cart: 99}}) { name retryLimit inputs taskId } }',
        { id: workflowStepId(taskId, 1) },
      ),
    ).toEqual({ updateStep: { name: 'pay', retryLimit: 9, inputs: { cart: 99 }, taskId } });
    const { errors } = await service.ask(
      'mutation($t: Int!) { updateStep(input: {taskId: $t, stepId: "pay", retryLimit: 0}) { name } }',
      { t: taskId },
    );
    expect(errors[0]?.extensions.code).toBe('INVALID_REQUEST');
  });

  test('resolveStep, resetStep and cancelStep: by task and name', async () => {
    const taskId = await create(15);

    expect(
      await data(
        `mutation($t: ID!) {
           resolveStep(input: {taskId: $t, stepId: "cart", result: {total: 5}, reason: "known"}) { name status results }
           resetStep(input: {taskId: $t, stepId: "pay"}) { name status }
           cancelStep(input: {taskId: $t, stepId: "ship"}) { name status task { status } } }`,
        { t: taskId },
      ),
    ).toMatchObject({
      resolveStep: { name: 'cart', status: 'resolved_manually', results: { total: 5 } },
      resetStep: { name: 'pay', status: 'pending' },
      cancelStep: { name: 'ship', status: 'cancelled' },
    });
  });

  test('several mutations: each answer shows the state after its own change', async () => {
    const taskId = await create(16);
    const steps = '{ status workflowSteps { status } }';

    expect(
      await data(
        `mutation($t: ID!) { a: updateTask(input: {taskId: $t, reason: "x"}) ${steps} b: cancelTask(input: {taskId: $t}) ${steps} }`,
        { t: taskId },
      ),
    ).toEqual({
      a: {
        status: 'pending',
        workflowSteps: [{ status: 'pending' }, { status: 'pending' }, { status: 'pending' }],
      },
      b: {
        status: 'cancelled',
        workflowSteps: [{ status: 'cancelled' }, { status: 'cancelled' }, { status: 'cancelled' }],
      },
    });
  });
});

describeOnEachDatabase('GraphQL mutations of what failed', (database) => {
  test('retryStep and retryTask let it go on', async () => {
    const service = await startService(database);
    const one = await service.order({ fails: true });
    const two = await service.order({ fails: true, cart: 2 });

    const { data, errors } = await service.ask(
      `mutation($one: ID!, $two: ID!) {
         retryStep(input: {taskId: $one, stepId: "pay"}) { name processed }
         retryTask(input: {taskId: $two}) { complete } }`,
      { one, two },
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      retryStep: { name: 'pay', processed: false },
      retryTask: { complete: false },
    });
    for (const taskId of [one, two]) {
      await service.engine.tasker.waitFor(taskId, { timeout: '30s' });
      expect(await service.engine.tasker.step(taskId, 'pay')).toMatchObject({ attempts: 2 });
    }
    await service.finish();
  });
});
