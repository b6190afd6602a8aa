import { describe, expect, test } from 'vitest';
import type { TaskDefinition } from '../../src/definition/task-definition.ts';
import type { CreatedTask, TaskerEvents } from '../../src/engine/types.ts';
import type { Listener } from '../../src/kernel/emitter.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import { readingVerbs, runWith } from './fake-tasker.ts';
import type { RecordedIo } from './recorded-io.ts';
import { ago, sampleDefinition, sampleProgress, sampleStep } from './samples.ts';

const DONE = sampleProgress(
  [sampleStep(0, { name: 'only', status: 'complete', results: { answer: 42 } })],
  { task: { status: 'complete', settledAt: ago(1) } },
);

/** The verbs of a run that ends at once; `asked` collects what was created. */
function runVerbs(definition: TaskDefinition, asked: unknown[] = []): Partial<Tasker> {
  const byName = (...given: readonly unknown[]): Promise<CreatedTask> => {
    asked.push(given);
    return Promise.resolve({ taskId: 12, created: true });
  };
  const create = byName as Tasker['create']; // sound: the command line creates by name only
  return {
    ...readingVerbs(DONE),
    definition: () => definition,
    create,
  };
}

describe('run', () => {
  test('the flags make the request', async () => {
    const asked: unknown[] = [];
    const args = [
      'run',
      'order',
      '-c',
      'a.b=1',
      '--context',
      '{"c":2}',
      '--tag',
      'x',
      '--tag',
      'y',
    ];
    const more = [
      '--bypass',
      'only',
      '--priority',
      '-5',
      '--key',
      'k',
      '--reason',
      'why',
      '--initiator',
      'bob',
    ];
    await runWith(runVerbs(sampleDefinition(['only']), asked), [
      ...args,
      ...more,
      '--source-system',
      'shop',
    ]);
    expect(asked).toEqual([
      [
        'default/order@1.0.0',
        {
          context: { a: { b: 1 }, c: 2 },
          initiator: 'bob',
          reason: 'why',
          sourceSystem: 'shop',
          tags: ['x', 'y'],
          bypassSteps: ['only'],
          priority: -5,
          idempotencyKey: 'k',
        },
      ],
    ]);
  });

  test('prints the results of the last steps, and ends with the exit code of the task', async () => {
    const ran = await runWith(runVerbs(sampleDefinition(['only'])), ['run', 'order']);
    expect(ran.stdout).toContain('only {\n    "answer": 42\n  }\n');
    expect(ran.stderr).toBe('  a test database   every commit is on disk\n  order  task 12\n');
    expect(ran.exitCode).toBe(0);
    expect(ran.calls.at(-1)).toBe('stop');
  });

  test('its worker serves the queues of the definition', async () => {
    const ran = await runWith(runVerbs(sampleDefinition(['a', 'b'], ['slow', 'default'])), [
      'run',
      'order',
    ]);
    expect(ran.options.at(-1)).toMatchObject({ worker: { queues: ['slow', 'default'] } });
    expect(ran.calls.filter((call) => call === 'start')).toHaveLength(1);
  });

  test('--no-watch stores the task without a worker', async () => {
    const ran = await runWith(runVerbs(sampleDefinition(['only'])), [
      'run',
      'order',
      '--no-watch',
      '--json',
    ]);
    expect(ran.options).toMatchObject([{ worker: false }]);
    expect(JSON.parse(ran.stdout)).toEqual({ task_id: 12 });
  });

  test('--json --watch prints one document per event', async () => {
    const ran = await runWith(runVerbs(sampleDefinition(['only'])), [
      'run',
      'order',
      '--json',
      '--watch',
    ]);
    const events: unknown[] = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toMatchObject([{ event: 'task.completed', task_id: 12 }]);
  });

  test('--resume refuses a task of another definition', async () => {
    const verbs = runVerbs({ ...sampleDefinition(['only']), name: 'invoice' });
    const ran = await runWith(verbs, ['run', 'invoice', '--resume', '12']);
    expect(ran.stderr).toContain('task 12 is a order, not a invoice');
    expect(ran.exitCode).toBe(2);
  });
});

describe('worker', () => {
  function workerVerbs(
    listeners: Map<string, Listener<never>>,
    started: () => void,
  ): Partial<Tasker> {
    return {
      definitions: () => [sampleDefinition(['only'])],
      on: (event, listener) => {
        listeners.set(event, listener);
        return () => undefined;
      },
      about: () => {
        started();
        return Promise.resolve({
          database: 'db',
          durability: 'sync',
          schema: 'tasker',
          hearsOthers: true,
        });
      },
    };
  }

  function emit<Name extends keyof TaskerEvents>(
    listeners: Map<string, Listener<never>>,
    event: Name,
    payload: TaskerEvents[Name],
  ): void {
    const listener = listeners.get(event) as Listener<TaskerEvents[Name]> | undefined; // sound: stored under its event
    listener?.(payload);
  }

  async function work(
    args: readonly string[],
    cause: 'SIGTERM' | 'SIGINT' | 'SIGPIPE',
  ): Promise<Awaited<ReturnType<typeof runWith>>> {
    const listeners = new Map<string, Listener<never>>();
    let recorded: RecordedIo | undefined;
    const verbs = workerVerbs(listeners, () => {
      const failed = {
        taskId: 12,
        step: 'only',
        attempt: 1,
        exhausted: false,
        retryInMs: 1_800,
        message: 'bad\nnews',
      };
      emit(listeners, 'step.failed', failed);
      emit(listeners, 'step.completed', { taskId: 12, step: 'only', attempt: 2 });
      emit(listeners, 'task.completed', { taskId: 12 });
      setImmediate(() => recorded?.stop(cause));
    });
    return runWith(verbs, ['worker', ...args], { prepare: (io) => (recorded = io) });
  }

  test('tells what its steps do, one line each, and drains with 0', async () => {
    const ran = await work([], 'SIGTERM');
    expect(ran.stdout).toBe(
      '2026-11-24T06:00:10.000Z  ↻ task 12 only  attempt 1 failed, retry in 1.8s   bad news\n' +
        '2026-11-24T06:00:10.000Z  ✓ task 12  complete\n',
    );
    expect(ran.stderr).toContain('draining');
    expect(ran.exitCode).toBe(0);
    expect(ran.calls.at(-1)).toBe('stop');
  });

  test('--verbose also tells what succeeds', async () => {
    expect((await work(['--verbose'], 'SIGINT')).stdout).toContain('✓ task 12 only  complete');
  });

  test('--json tells it as documents', async () => {
    const ran = await work(['--json'], 'SIGTERM');
    const events: unknown[] = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toMatchObject([
      { event: 'step.failed', task_id: 12, step: 'only', retry_in_ms: 1_800, exhausted: false },
      { event: 'step.completed' },
      { event: 'task.completed' },
      { event: 'worker.ready', definitions: ['order'] },
    ]);
  });

  test('queues, concurrency and grace reach the engine; TASKER_CONCURRENCY is the default', async () => {
    const ran = await work(
      ['--queue', 'a', '--queue', 'b', '--grace', '1m', '--concurrency', '3'],
      'SIGTERM',
    );
    expect(ran.options).toMatchObject([
      { worker: { queues: ['a', 'b'], shutdownGrace: 60_000, concurrency: 3 } },
    ]);
    const variables = { DATABASE_URL: 'postgres://test', TASKER_CONCURRENCY: '4abc' };
    const wrong = await runWith({}, ['worker'], { variables });
    expect(wrong.exitCode).toBe(78);
  });

  test('without any definition there is nothing to work on', async () => {
    const ran = await runWith({ definitions: () => [] }, ['worker']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('no definition is given');
  });

  test('--until-idle ends once nothing is left', async () => {
    const pages = [1, 1, 0].map((count) => ({
      tasks: DONE.steps.slice(0, count).map(() => DONE.task),
      next: null,
    }));
    const verbs = {
      ...workerVerbs(new Map(), () => undefined),
      tasks: () => Promise.resolve(pages.shift() ?? { tasks: [], next: null }),
    };
    expect((await runWith(verbs, ['worker', '--until-idle'])).exitCode).toBe(0);
    expect(pages).toEqual([]);
  });
});
