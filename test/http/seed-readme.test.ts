import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveTasker, type TaskerServer } from '../../src/api/adapters/node.ts';
import { defineTask, jsonSchema } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { gate, startEngine, type Engine } from '../support/engine.ts';
import { read, requestOf, type Answer, type Ask } from './lab.ts';

/** The body of the curl command, as it is printed. */
const CURL = `{
    "name": "api_integration_task",
    "context": {
      "cart_id": 123
    },
    "initiator": "web_interface",
    "reason": "Process new order",
    "source_system": "ecommerce",
    "tags": ["order_processing", "api_integration"]
  }`;

const TASK_FIELDS = [
  'task_id',
  'name',
  'initiator',
  'source_system',
  'context',
  'reason',
  'bypass_steps',
  'tags',
  'requested_at',
  'complete',
  'status',
  'workflow_steps',
  'task_annotations',
];
const STEP_FIELDS = [
  'task_id',
  'workflow_step_id',
  'name',
  'named_step_id',
  'status',
  'attempts',
  'skippable',
  'retryable',
  'retry_limit',
  'processed',
  'processed_at',
  'in_process',
  'backoff_request_seconds',
  'last_attempted_at',
  'inputs',
  'results',
  'children_ids',
  'parents_ids',
  'siblings_ids',
];
const ANNOTATION_FIELDS = [
  'task_id',
  'task_annotation_id',
  'annotation',
  'annotation_type_name',
] as const;

interface Step {
  readonly [field: string]: unknown;
  readonly workflow_step_id: number;
  readonly name: string;
}
interface Task {
  readonly [field: string]: unknown;
  readonly task_id: number;
  readonly workflow_steps: readonly Step[];
}

const shop = defineTask(
  {
    name: 'api_integration_task',
    identity: 'none',
    defaultDependentSystem: 'ecommerce_system',
    schema: jsonSchema<{ cart_id: number }>({
      type: 'object',
      required: ['cart_id'],
      properties: { cart_id: { type: 'integer' } },
    }),
  },
  (t) => {
    const cart = t.step('fetch_cart', {}, ({ context }) => ({ cart: { id: context.cart_id } }));
    const products = t.step('fetch_products', { skippable: true }, () => ({ products: [1, 2] }));
    const valid = t.step('validate_products', { dependsOn: { cart, products } }, (context) => {
      context.annotate('stock', { checked: true });
      return { valid: 2 };
    });
    const order = t.step('create_order', { dependsOn: { valid } }, () => ({ order_id: 123 }));
    t.step('publish_event', { dependsOn: { order } }, () => ({ published: true }));
  },
);

describeOnEachDatabase("the seed's README, line by line", (database) => {
  let engine: Engine;
  let server: TaskerServer;
  const held = { now: gate(), begun: gate() };
  const shaky = { repaired: false };

  beforeAll(async () => {
    engine = await startEngine(database);
    await engine.tasker.register(shop);
    await engine.tasker.register(
      defineTask({ name: 'held', identity: 'none' }, (t) => {
        const slow = t.step('slow', {}, async () => {
          held.begun.open();
          await held.now.opened;
        });
        t.step('after', { dependsOn: { slow } }, () => undefined);
      }),
    );
    await engine.tasker.register(
      defineTask({ name: 'shaky', identity: 'none', retryLimit: 1 }, (t) => {
        t.step('only', {}, () => {
          if (!shaky.repaired) throw new Error('out of order');
          return { fine: true };
        });
      }),
    );
    server = await serveTasker(engine.tasker, { port: 0 });
  });
  afterAll(async () => {
    held.now.open();
    await server.close();
    await engine.finish();
  });

  const ask = async (method: string, path: string, given: Ask = {}): Promise<Answer> =>
    read(await fetch(requestOf(method, `${server.url.replace(/\/tasker$/, '')}${path}`, given)));
  const curl = (body: string, url = '/tasker/tasks'): Promise<Answer> =>
    ask('POST', url, { raw: body, headers: { 'content-type': 'application/json' } });
  const taskOf = ({ json }: Answer): Task => (json as { task: Task }).task; // sound: the tests expect its fields
  const stepOf = ({ json }: Answer): Step => (json as { step: Step }).step; // sound: as above
  const create = async (name: string, more: object = {}): Promise<Task> => {
    const answer = await ask('POST', '/tasker/tasks', { body: { name, context: {}, ...more } });
    expect(answer.status, answer.text).toBe(201);
    return taskOf(answer);
  };
  const settled = async (taskId: number): Promise<Task> => {
    await engine.tasker.waitFor(taskId, { timeout: '20s' });
    return taskOf(await ask('GET', `/tasker/tasks/${taskId}`));
  };

  test('the curl command works as it is printed, with a flat body (B28, B29)', async () => {
    const answer = await curl(CURL);

    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(Object.keys(answer.json as object)).toEqual(['task']); // sound: an object, or the keys differ
    expect(taskOf(answer)).toMatchObject({
      name: 'api_integration_task',
      context: { cart_id: 123 },
      initiator: 'web_interface',
      reason: 'Process new order',
      source_system: 'ecommerce',
      tags: ['order_processing', 'api_integration'],
    });
    expect((await settled(taskOf(answer).task_id)).status).toBe('complete');
  });

  test('the same body under `task` gives the same task (B29)', async () => {
    const [flat, wrapped] = [await curl(CURL), await curl(`{"task":${CURL}}`)];

    expect(wrapped.status, wrapped.text).toBe(201);
    const known = ['name', 'context', 'initiator', 'reason', 'source_system', 'tags'];
    for (const field of known) expect(taskOf(wrapped)[field]).toEqual(taskOf(flat)[field]);
    expect(taskOf(wrapped).task_id).not.toBe(taskOf(flat).task_id);
    for (const { task_id: id } of [taskOf(flat), taskOf(wrapped)]) await settled(id);
  });

  test('a request takes bypass_steps (B30), and a step that is not skippable is refused', async () => {
    const context = { cart_id: 1 };
    const task = await create('api_integration_task', {
      context,
      bypass_steps: ['fetch_products'],
    });

    expect(task['bypass_steps']).toEqual(['fetch_products']);
    const done = await settled(task.task_id);
    expect(done.workflow_steps.map(({ name, status }) => `${name} ${String(status)}`)).toContain(
      'fetch_products skipped',
    );
    const refused = await ask('POST', '/tasker/tasks', {
      body: { name: 'api_integration_task', context, bypass_steps: ['fetch_cart'] },
    });
    expect(refused).toMatchObject({ status: 422, json: { code: 'STEP_NOT_SKIPPABLE' } });
  });

  test.each<[string, unknown, number, string]>([
    ['no name', { context: {} }, 422, 'INVALID_REQUEST'],
    ['an unknown name', { name: 'nobody', context: {} }, 404, 'DEFINITION_NOT_FOUND'],
    [
      'a context that does not fit',
      { name: 'api_integration_task', context: {} },
      422,
      'INVALID_CONTEXT',
    ],
  ])('a request with %s is refused and says why', async (_, body, status, code) => {
    const answer = await ask('POST', '/tasker/tasks', { body });

    expect(answer).toMatchObject({ status, json: { code, status } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('GET /tasker/tasks lists tasks with every field of the seed', async () => {
    const { task_id: id } = await create('api_integration_task', { context: { cart_id: 7 } });
    await settled(id);

    const answer = await ask('GET', '/tasker/tasks?limit=200');

    expect(answer.status).toBe(200);
    const { tasks } = answer.json as { tasks: readonly Task[] }; // sound: expected right below
    expect(tasks.map((task) => task.task_id)).toEqual(
      tasks.map((task) => task.task_id).toSorted((a, b) => a - b), // ascending by id, as the seed has it
    );
    expect(tasks.map((task) => task.task_id)).toContain(id);
    for (const task of tasks)
      expect(Object.keys(task)).toEqual(expect.arrayContaining(TASK_FIELDS));
  });

  test('a list is paged and sorted as asked; sizes and columns that make no sense are refused (B27)', async () => {
    const page = async (query: string): Promise<readonly number[]> => {
      const answer = await ask('GET', `/tasker/tasks?${query}`);
      expect(answer.status, answer.text).toBe(200);
      return (answer.json as { tasks: readonly Task[] }).tasks.map((task) => task.task_id); // sound: a page
    };
    const all = await page('limit=200');
    expect(await page('limit=2&offset=1')).toEqual(all.slice(1, 3));
    expect(await page('limit=2&sort_by=task_id&sort_order=desc')).toEqual(
      all.toReversed().slice(0, 2),
    );
    for (const query of ['limit=201', 'limit=0', 'offset=-1', 'sort_by=password', 'sort_order=up'])
      expect((await ask('GET', `/tasker/tasks?${query}`)).status, query).toBe(422);
  });

  test('GET /tasker/tasks/{task_id} shows a task, its steps and its annotations, field by field', async () => {
    const { task_id: id } = await create('api_integration_task', { context: { cart_id: 7 } });
    const task = await settled(id);

    expect(Object.keys(task)).toEqual(expect.arrayContaining(TASK_FIELDS));
    expect(task).toMatchObject({ complete: true, status: 'complete', bypass_steps: [], tags: [] });
    expect(task['requested_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(task.workflow_steps.map(({ name }) => name)).toEqual([
      'fetch_cart',
      'fetch_products',
      'validate_products',
      'create_order',
      'publish_event',
    ]);
    for (const step of task.workflow_steps) {
      expect(Object.keys(step)).toEqual(expect.arrayContaining(STEP_FIELDS));
      expect(step).toMatchObject({
        task_id: id,
        status: 'complete',
        attempts: 1,
        processed: true,
        in_process: false,
        backoff_request_seconds: null,
        retryable: true,
        retry_limit: 3,
      });
    }
    expect(task.workflow_steps[0]).toMatchObject({
      inputs: { cart_id: 7 },
      results: { cart: { id: 7 } },
      skippable: false,
    });
    const [annotation] = task['task_annotations'] as readonly object[]; // sound: expected right below
    expect(Object.keys(annotation ?? {})).toEqual(expect.arrayContaining([...ANNOTATION_FIELDS]));
    expect(annotation).toMatchObject({ task_id: id, annotation_type_name: 'stock' });
    expect((await ask('GET', '/tasker/tasks/999999')).status).toBe(404);
  });

  test('parents, children and siblings of a step are the right ones (B10)', async () => {
    const { workflow_steps: steps, task_id: taskId } = await create('api_integration_task', {
      context: { cart_id: 7 },
    });
    const ids = Object.fromEntries(steps.map((step) => [step.name, step.workflow_step_id]));
    const [cart, products, valid, order] = steps;

    expect(cart).toMatchObject({ parents_ids: [], children_ids: [ids['validate_products']] });
    expect(cart?.['siblings_ids']).toEqual([ids['fetch_products']]);
    expect(products?.['siblings_ids']).toEqual([ids['fetch_cart']]);
    expect(valid?.['parents_ids']).toEqual([ids['fetch_cart'], ids['fetch_products']]);
    expect(valid?.['siblings_ids']).toEqual([]);
    expect(order).toMatchObject({
      parents_ids: [ids['validate_products']],
      children_ids: [ids['publish_event']],
      siblings_ids: [],
    });
    await settled(taskId);
  });

  test.each(['PATCH', 'PUT'])(
    '%s /tasker/tasks/{task_id} changes reason and tags, and nothing else',
    async (method) => {
      const { task_id: id } = await create('shaky');
      const url = `/tasker/tasks/${id}`;

      const wrapped = await ask(method, url, { body: { task: { reason: 'new', tags: ['a'] } } });
      expect(wrapped.status, wrapped.text).toBe(200);
      expect(taskOf(wrapped)).toMatchObject({ task_id: id, reason: 'new', tags: ['a'] });
      const flat = await ask(method, url, { body: { tags: [] } });
      expect(taskOf(flat)).toMatchObject({ reason: 'new', tags: [] });
      const refused = await ask(method, url, { body: { task: { status: 'complete' } } });
      expect(refused.status).toBe(422);
      expect((await ask(method, '/tasker/tasks/999999', { body: { tags: [] } })).status).toBe(404);
      await settled(id);
    },
  );

  test('DELETE /tasker/tasks/{task_id} cancels; work that was under way does not overwrite it (B32)', async () => {
    const { task_id: id } = await create('held');
    await held.begun.opened;

    const answer = await ask('DELETE', `/tasker/tasks/${id}`);

    expect(answer).toMatchObject({ status: 200, json: { cancelled: true } });
    held.now.open();
    const next = await create('api_integration_task', { context: { cart_id: 7 } });
    await settled(next.task_id); // what the held handler answers has been thrown away by now
    const task = taskOf(await ask('GET', `/tasker/tasks/${id}`)); // the row is kept
    expect(task).toMatchObject({ status: 'cancelled', complete: false });
    expect(task.workflow_steps.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    expect((await ask('DELETE', '/tasker/tasks/999999')).status).toBe(404);
  });

  test('GET …/workflow_steps lists the steps, GET …/workflow_steps/{step_id} shows one', async () => {
    const { task_id: id } = await create('api_integration_task', { context: { cart_id: 7 } });
    await settled(id);
    const url = `/tasker/tasks/${id}/workflow_steps`;

    const list = await ask('GET', url);
    expect(list.status).toBe(200);
    const { steps } = list.json as { steps: readonly Step[] }; // sound: expected right below
    expect(steps).toHaveLength(5);
    for (const step of steps) {
      expect(Object.keys(step)).toEqual(expect.arrayContaining(STEP_FIELDS));
      const one = await ask('GET', `${url}/${step.workflow_step_id}`);
      expect(one.status).toBe(200);
      expect(stepOf(one)).toEqual(step);
    }
    const page = await ask('GET', `${url}?limit=2&offset=1&sort_by=name&sort_order=desc`);
    const names = (page.json as { steps: readonly Step[] }).steps.map(({ name }) => name); // sound: a page of steps
    expect(names).toEqual(['publish_event', 'fetch_products']);
    expect((await ask('GET', `${url}/1`)).status).toBe(404); // a step of no task
    expect((await ask('POST', url, { body: {} })).status).toBe(405);
  });

  test.each(['PATCH', 'PUT'])(
    '%s …/workflow_steps/{step_id} with a higher retry_limit revives a task in error (B33)',
    async (method) => {
      shaky.repaired = false;
      const { task_id: id, workflow_steps: steps } = await create('shaky');
      expect((await settled(id)).status).toBe('error');
      shaky.repaired = true;
      const url = `/tasker/tasks/${id}/workflow_steps/${steps[0]?.workflow_step_id}`;

      const answer = await ask(method, url, {
        body: { workflow_step: { retry_limit: 4, inputs: { again: true } } },
      });

      expect(answer.status, answer.text).toBe(200);
      expect(stepOf(answer)).toMatchObject({ retry_limit: 4, inputs: { again: true } });
      expect(await settled(id)).toMatchObject({
        status: 'complete',
        workflow_steps: [{ attempts: 2, results: { fine: true } }],
      });
      const refused = await ask(method, url, { body: { workflow_step: { status: 'pending' } } });
      expect(refused.status).toBe(422);
    },
  );

  test('DELETE …/workflow_steps/{step_id} cancels a step', async () => {
    shaky.repaired = false;
    const { task_id: id, workflow_steps: steps } = await create('shaky');
    await settled(id);
    const url = `/tasker/tasks/${id}/workflow_steps/${steps[0]?.workflow_step_id}`;

    expect(await ask('DELETE', url)).toMatchObject({ status: 200, json: { cancelled: true } });

    expect(stepOf(await ask('GET', url))).toMatchObject({ status: 'cancelled' });
    expect((await ask('DELETE', `${url}9`)).status).toBe(404);
  });
});
