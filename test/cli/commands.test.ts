import { describe, expect, test } from 'vitest';
import { TaskerError } from '../../src/kernel/errors.ts';
import { ago, sampleAttempt, sampleProgress, sampleStep, sampleTask } from './samples.ts';
import { readingVerbs, runWith } from './fake-tasker.ts';

const FAILED = sampleProgress(
  [
    sampleStep(0, { name: 'fetch_cart', status: 'complete', results: { cart: { id: 3 } } }),
    sampleStep(1, {
      name: 'create_order',
      parents: [0],
      status: 'error',
      attempts: 3,
      error: {
        name: 'ShopError',
        message: 'no stock',
        stack: 'at secret place',
        data: { product: 9 },
      },
    }),
  ],
  {
    task: { status: 'error', settledAt: ago(7) },
    attempts: [
      sampleAttempt('fetch_cart'),
      sampleAttempt('create_order', {
        outcome: 'error',
        attempt: 3,
        startedAt: ago(8),
        finishedAt: ago(7),
        error: { name: 'ShopError', message: 'no stock' },
      }),
    ],
  },
);

const FILE = {
  ...readingVerbs(FAILED),
  workers: () => Promise.resolve([]),
  operatorLog: () =>
    Promise.resolve([
      {
        logId: 1,
        taskId: 12,
        step: 'create_order',
        action: 'retry_step',
        actor: 'ann',
        reason: 'try again',
        fromStatus: 'error' as const,
        toStatus: 'error' as const,
        details: null,
        createdAt: ago(6),
      },
    ]),
  annotations: () =>
    Promise.resolve([
      {
        taskAnnotationId: 1,
        taskId: 12,
        annotationTypeId: 1,
        type: 'note',
        step: null,
        annotation: { a: 1 },
        createdAt: ago(6),
      },
    ]),
};

describe('tasks list', () => {
  const page = { tasks: [sampleTask({ reason: 'two\nlines' })], next: { taskId: 12, at: null } };

  test('a pipe gets tabs, exact dates and the words that filters take', async () => {
    const ran = await runWith({ tasks: () => Promise.resolve(page) }, ['tasks', 'list']);
    expect(ran.stdout).toBe(
      'ID\tTASK\tSTATUS\tCREATED\tTOOK\tINITIATOR\tREASON\n' +
        '12\torder\tin_progress\t2026-11-24T06:00:00.000Z\t10s\tann\ttwo lines\n',
    );
    expect(ran.stderr).toBe('more: --before 12\n');
    expect(ran.exitCode).toBe(0);
  });

  test('filters reach the engine', async () => {
    const asked: unknown[] = [];
    const tasks = (filter: unknown): Promise<typeof page> => {
      asked.push(filter);
      return Promise.resolve(page);
    };
    await runWith({ tasks }, [
      'tasks',
      'list',
      '--status',
      'error',
      'pending',
      '--tag',
      'vip',
      '--limit',
      '5',
      '--before',
      '9',
    ]);
    expect(asked).toEqual([
      { status: ['error', 'pending'], tag: 'vip', limit: 5, after: { taskId: 9, at: null } },
    ]);
  });

  test('--json is one document with the words of the wire', async () => {
    const ran = await runWith({ tasks: () => Promise.resolve(page) }, ['tasks', 'list', '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      tasks: [
        {
          task_id: 12,
          source_system: 'cli',
          requested_at: '2026-11-24T06:00:00.000Z',
          settled_at: null,
        },
      ],
      next: 12,
    });
    expect(ran.stderr).toBe('');
  });
});

describe('tasks show', () => {
  test('a report has the steps and why, the last error and what to do, the attempts and who intervened', async () => {
    const ran = await runWith(FILE, ['tasks', 'show', '12'], {
      isTTY: true,
      columns: 120,
      variables: { DATABASE_URL: 'postgres://test', NO_COLOR: '1', TZ: 'UTC' },
    });
    expect(ran.exitCode).toBe(0);
    for (const part of [
      'task 12  default/order 1.0.0  error after 3.0s',
      '✓  fetch_cart    complete  1/3       shop    1.0s',
      '✗  create_order  error     3/3       shop    failed after 3 attempts',
      '✗ create_order  ShopError: no stock\n  data: {"product":9}\n  once the cause is gone: tasker steps retry 12 create_order',
      'fetch_cart  {"cart":{"id":3}}',
      'ann  retry_step create_order  error → error  (try again)',
      'note  {"a":1}',
    ]) {
      expect(ran.stdout).toContain(part);
    }
  });

  test('--json has everything, but no stack trace', async () => {
    const ran = await runWith(FILE, ['tasks', 'show', '12', '--json']);
    const document: unknown = JSON.parse(ran.stdout);
    expect(document).toMatchObject({
      task: { task_id: 12, status: 'error' },
      steps: [
        { name: 'fetch_cart', waiting_because: null },
        { waiting_because: 'failed after 3 attempts' },
      ],
      attempts: [{ outcome: 'success' }, { outcome: 'error', attempt: 3 }],
      operator_log: [{ from_status: 'error' }],
      annotations: [{ type: 'note' }],
    });
    expect(ran.stdout).not.toContain('secret place');
  });
});

describe('interventions', () => {
  test('who acts and why reach the engine', async () => {
    const asked: unknown[] = [];
    const cancelTask = (...given: unknown[]): Promise<ReturnType<typeof sampleTask>> => {
      asked.push(given);
      return Promise.resolve(sampleTask({ status: 'cancelled', settledAt: ago(0) }));
    };
    const ran = await runWith({ cancelTask }, ['tasks', 'cancel', '12', '--reason', 'wrong cart']);
    expect(asked).toEqual([[12, { actor: 'ann', reason: 'wrong cart' }]]);
    expect(ran.stdout).toBe('task 12  order  cancelled after 10s\n');
  });

  test('a step is resolved with the given result', async () => {
    const asked: unknown[] = [];
    const step = sampleStep(1, { name: 'create_order', status: 'resolved_manually' });
    const resolveStep = (...given: unknown[]): Promise<typeof step> => {
      asked.push(given);
      return Promise.resolve(step);
    };
    const args = [
      'steps',
      'resolve',
      '12',
      'create_order',
      '--result',
      '{"order_id":7}',
      '--actor',
      'bob',
    ];
    const ran = await runWith({ ...readingVerbs(FAILED), resolveStep }, args);
    expect(asked).toEqual([[12, 'create_order', { actor: 'bob', result: { order_id: 7 } }]]);
    expect(ran.stdout).toBe('✓ create_order  resolved by hand   (task 12)\n');
  });

  test('an update that changes nothing is bad input, and nothing is opened', async () => {
    const ran = await runWith({}, ['steps', 'update', '12', 'create_order']);
    expect(ran.exitCode).toBe(2);
    expect(ran.options).toEqual([]);
  });
});

describe('tasks watch', () => {
  test.each([
    ['complete', 0],
    ['resolved_manually', 0],
    ['error', 1],
    ['cancelled', 1],
  ] as const)('a task that is %s gives exit code %i', async (status, exitCode) => {
    const progress = sampleProgress([], { task: { status, settledAt: ago(1) } });
    expect((await runWith(readingVerbs(progress), ['tasks', 'watch', '12'])).exitCode).toBe(
      exitCode,
    );
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s ends the watch with %i and says that the task goes on',
    async (cause, exitCode) => {
      const progress = sampleProgress([sampleStep(0)]);
      const ran = await runWith(
        {
          ...readingVerbs(progress),
          task: () => {
            stop();
            return Promise.resolve(progress.task);
          },
        },
        ['tasks', 'watch', '12'],
        { prepare: (io) => (stop = () => io.stop(cause)) },
      );
      expect(ran.exitCode).toBe(exitCode);
      expect(ran.stderr).toContain('task 12 goes on by itself');
      expect(ran.calls.at(-1)).toBe('stop');
    },
  );
  let stop = (): void => undefined;
});

describe('verify and doctor', () => {
  test('a broken law gives exit code 1 and shows its rows', async () => {
    const violation = {
      invariant: 'parents_first',
      title: 'a step ran before its parent',
      count: 1,
      rows: [{ task_id: 3 }],
    };
    const ran = await runWith({ verify: () => Promise.resolve([violation]) }, ['verify']);
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toBe(
      '✗ parents_first  a step ran before its parent  (1 found)\n    {"task_id":3}\n',
    );
  });

  test('laws that hold give exit code 0', async () => {
    const ran = await runWith({ verify: () => Promise.resolve([]) }, ['verify', '--json']);
    expect(ran.exitCode).toBe(0);
    expect(JSON.parse(ran.stdout)).toEqual({ ok: true, violations: [] });
  });

  test('a warning is no failure, a problem is', async () => {
    const warning = { check: 'bloat', level: 'warning' as const, message: 'some', hint: 'vacuum' };
    const problem = { check: 'clock', level: 'problem' as const, message: 'off by 1h' };
    const ran = await runWith({ doctor: () => Promise.resolve([warning]) }, ['doctor']);
    expect(ran.stdout).toBe('! bloat  some\n    vacuum\n');
    expect(ran.exitCode).toBe(0);
    expect((await runWith({ doctor: () => Promise.resolve([problem]) }, ['doctor'])).exitCode).toBe(
      1,
    );
  });
});

describe('failures', () => {
  test('an error of the engine is shown with its hint and code, without a stack', async () => {
    const task = (): Promise<never> =>
      Promise.reject(new TaskerError('TASK_NOT_FOUND', { taskId: 99 }));
    const ran = await runWith({ ...FILE, task }, ['tasks', 'show', '99']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toBe(
      '✗ Task 99 does not exist\n  Check the id; `tasker tasks list` shows the tasks.  TASK_NOT_FOUND\n',
    );
    expect(ran.calls.at(-1)).toBe('stop');
  });

  test('--json reports the error as one document', async () => {
    const task = (): Promise<never> =>
      Promise.reject(new TaskerError('TASK_NOT_FOUND', { taskId: 99 }));
    const ran = await runWith({ ...FILE, task }, ['tasks', 'show', '99', '--json']);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: 'TASK_NOT_FOUND', status: 404, details: { taskId: 99 } },
    });
  });

  test('a stack trace appears only with TASKER_DEBUG=1', async () => {
    const tasks = (): Promise<never> => Promise.reject(new Error('boom'));
    const variables = { DATABASE_URL: 'postgres://test' };
    const quiet = await runWith({ tasks }, ['tasks', 'list'], { variables });
    expect(quiet.exitCode).toBe(1);
    expect(quiet.stderr).not.toContain('    at ');
    const loud = await runWith({ tasks }, ['tasks', 'list'], {
      variables: { ...variables, TASKER_DEBUG: '1' },
    });
    expect(loud.stderr).toContain('    at ');
  });

  test.each([
    [['worker', '--concurrency', '-1'], 'Give a whole number from 1 to 10000.'],
    [['worker', '--concurrency', '0'], 'Give a whole number from 1 to 10000.'],
    [['worker', '--concurrency', 'many'], 'Give a whole number from 1 to 10000.'],
    [['worker', '--concurency', '4'], 'Did you mean --concurrency?'],
    [['wroker'], 'Did you mean worker?'],
    [['tasks', 'list', '--status', 'done'], 'Allowed choices are'],
    [['tasks', 'show'], "missing required argument 'task-id'"],
    [['tasks', 'show', 'x'], 'a task id is a positive whole number'],
    [['run', 'order', '--context', '{bad'], '--context is not JSON'],
    [['run', 'nope.yaml'], 'there is no file or folder nope.yaml'],
    [['check', 'nope.yaml'], 'there is no file or folder nope.yaml'],
    [['check', '/dev/zero'], 'neither a file nor a folder'],
    [['check'], 'there is no definition to check'],
    [['migrate', '--sql', '--check'], 'exclude each other'],
    [['run', 'a.yaml', '--resume', '1', '-c', 'a=1'], '--resume goes on with a stored context'],
    [['tasks', 'list', '--database', 'postgres://x', '--data-dir', 'y'], 'give one of them'],
  ])('%j is bad input: exit code 2, nothing stored', async (args, problem) => {
    const ran = await runWith({}, args);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(problem);
    expect(ran.stderr).not.toContain('    at ');
    expect(ran.stdout).toBe('');
    expect(ran.calls.filter((call) => call !== 'stop')).toEqual([]);
  });

  test('what is typed wrong is one document with --json', async () => {
    const ran = await runWith({}, ['worker', '--json', '--concurrency', 'many']);
    expect(ran.exitCode).toBe(2);
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'INVALID_USAGE' } });
  });

  test('an empty DATABASE_URL is a wrong configuration, not an embedded database', async () => {
    const ran = await runWith({}, ['tasks', 'list'], { variables: { DATABASE_URL: '' } });
    expect(ran.exitCode).toBe(78);
    expect(ran.stderr).toContain('DATABASE_URL: is empty');
  });

  test('looking at a database that is not there does not make one', async () => {
    const ran = await runWith({}, ['tasks', 'list'], { variables: {} });
    expect(ran.exitCode).toBe(78);
    expect(ran.stderr).toContain('there is no database in /nowhere/.tasker/data yet');
    expect(ran.options).toEqual([]);
  });
});

describe('where the data lives', () => {
  const tasks = (): Promise<{ tasks: []; next: null }> =>
    Promise.resolve({ tasks: [], next: null });

  test('flags come before the environment', async () => {
    const variables = { DATABASE_URL: 'postgres://environment', TASKER_SCHEMA: 'one' };
    const ran = await runWith(
      { tasks },
      ['tasks', 'list', '--database', 'postgres://flag', '--schema', 'two'],
      { variables },
    );
    expect(ran.options).toMatchObject([
      { database: 'postgres://flag', schema: 'two', worker: false },
    ]);
    const plain = await runWith({ tasks }, ['tasks', 'list'], { variables });
    expect(plain.options).toMatchObject([{ database: 'postgres://environment', schema: 'one' }]);
  });

  test('--data-dir names the embedded database even when DATABASE_URL is set', async () => {
    const ran = await runWith({ tasks }, ['tasks', 'list', '--data-dir', 'tmp'], {
      directory: '/',
    });
    expect(ran.options).toMatchObject([{ database: { embedded: { directory: '/tmp' } } }]);
  });

  test('migrate --sql prints the script and opens nothing', async () => {
    const ran = await runWith({}, ['migrate', '--sql', '--schema', 'two']);
    expect(ran.stdout).toBe('create schema "two";\n');
    expect(ran.options).toEqual([]);
  });
});
