import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { describeOnPostgres, pgliteDatabase } from '../support/each-database.ts';
import { freshDatabase } from '../support/postgres.ts';
import type { FreshDatabase } from '../support/postgres.ts';
import { isRunning, openWorkshop } from './spawned-tasker.ts';
import type { Ended, Workshop } from './spawned-tasker.ts';

let workshop: Workshop;
afterEach(() => workshop.close());

function document(ended: Ended): unknown {
  return JSON.parse(ended.stdout);
}

// Each command is a process of its own; with the embedded database it also boots one.
vi.setConfig({ testTimeout: 120_000 });

describe('the command line with the embedded database [pglite]', () => {
  beforeEach(() => {
    workshop = openWorkshop(null);
  });

  test('runs a task, shows its retry, ends with 0, and keeps it', async () => {
    const ended = await workshop.run('run', 'tasks/order.yaml', '-c', 'cart_id=3');
    expect(ended.stderr).toContain('order  task 1');
    expect(ended.stdout).toMatch(
      /↻ check_stock {2}attempt 1 failed .* {3}Error: stock service answered 503/,
    );
    expect(ended.stdout).toMatch(/Z {2}task 1 {2}complete in /);
    expect(ended.stdout).toContain('"order_id": 30');
    expect(ended.code).toBe(0);
    const shown = await workshop.run('tasks', 'show', '1', '--json');
    expect(document(shown)).toMatchObject({
      task: { task_id: 1, status: 'complete', context: { cart_id: 3 } },
      steps: [
        { name: 'fetch_cart' },
        { name: 'check_stock', attempts: 2 },
        { results: { order_id: 30 } },
      ],
    });
  });

  test('refuses a second process, survives the death of the first, and goes on with --resume', async () => {
    const run = workshop.start('run', 'holding');
    await run.seen('▸ hold  running');
    const second = await workshop.run('tasks', 'list');
    expect(second.code).toBe(78);
    expect(second.stderr).toContain(`process ${run.pid}`);
    expect(second.stderr).toContain('DATABASE_LOCKED');

    run.kill('SIGKILL');
    await run.ended;
    workshop.release();
    const resumed = await workshop.run('run', 'holding', '--resume', '1', '--json');
    expect(document(resumed)).toMatchObject({
      task: { task_id: 1, status: 'complete' },
      steps: [
        { name: 'first', attempts: 1 },
        { name: 'hold', attempts: 2 },
        { name: 'last', attempts: 1 },
      ],
    });
    expect(resumed.code).toBe(0);
  });

  test('Ctrl-C ends a run with 130, leaves nothing running and says how to go on; a worker finishes the task', async () => {
    const run = workshop.start('run', 'holding', '--grace', '100ms');
    await run.seen('▸ hold  running');
    run.kill('SIGINT');
    const interrupted = await run.ended;
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain('Go on: tasker run holding --resume 1');
    expect(isRunning(run.pid)).toBe(false);
    workshop.release();
    const worker = await workshop.run('worker', '--until-idle');
    expect(worker.stdout).toContain('✓ task 1  complete');
    expect(worker.code).toBe(0);
  });

  test('checks definitions without a database: 0 when sound, 2 with file, line and column', async () => {
    const sound = await workshop.run('check', 'tasks/order.yaml');
    expect(sound.stdout).toBe('✓ tasks/order.yaml  order 1.0.0  (3 steps)\n');
    expect(sound.code).toBe(0);
    const broken = await workshop.run('check', 'broken.yaml', 'tasks/order.yaml');
    expect(broken.code).toBe(2);
    expect(broken.stdout).toContain('✗ broken.yaml:6:22');
    expect(broken.stdout).toContain('did you mean "fetch_cart"?');
    expect(broken.stdout).toContain('✓ tasks/order.yaml');
    const unnamed = await workshop.run('check', 'named.yaml');
    expect(unnamed.stderr).toContain('--handlers FILE');
    const named = await workshop.run('check', 'named.yaml', '--handlers', 'named-handlers.mjs');
    expect(named.code).toBe(0);
  });

  pgliteDatabase(); // names the version in the closing line of the tests
});

describeOnPostgres('the command line with a server', () => {
  let database: FreshDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
    workshop = openWorkshop(database.url);
  });
  afterEach(() => database.drop());

  test('refuses a schema that is not migrated with 78, and migrates it once', async () => {
    const refused = await workshop.run('run', 'order', '-c', 'cart_id=3');
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain('tasker migrate');
    expect((await workshop.run('migrate', '--check')).code).toBe(78);
    const [one, two] = await Promise.all([
      workshop.run('migrate', '--json'),
      workshop.run('migrate', '--json'),
    ]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(one.stdout + two.stdout).toContain('0001_initial');
    expect((await workshop.run('migrate', '--check')).code).toBe(0);
  });

  test('refuses a schema that a newer version made with 78', async () => {
    await workshop.run('migrate');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("insert into tasker.schema_migrations values (9999, '9999_future', 'x')");
    await client.end();
    for (const args of [['migrate'], ['tasks', 'list'], ['worker']]) {
      const refused = await workshop.run(...args);
      expect(refused.code).toBe(78);
      expect(refused.stderr).toContain('newer version');
    }
  });

  test('a worker runs what others request, and drains with 0 on SIGTERM', async () => {
    await workshop.run('migrate');
    const worker = workshop.start('worker', '--verbose');
    await worker.seen('Ctrl-C drains and stops');
    const stored = await workshop.run('run', 'order', '-c', 'cart_id=3', '--no-watch', '--json');
    expect(document(stored)).toEqual({ task_id: 1 });
    const watched = await workshop.run('tasks', 'watch', '1', '--json');
    expect(watched.code).toBe(0);
    const events = watched.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events.at(-1)).toMatchObject({ event: 'task.completed', task: { status: 'complete' } });
    worker.kill('SIGTERM');
    const ended = await worker.ended;
    expect(ended.stdout).toContain('✓ task 1  complete');
    expect(ended.code).toBe(0);
  });

  test('a second Ctrl-C ends a worker at once with 130', async () => {
    await workshop.run('migrate');
    await workshop.run('run', 'holding', '--no-watch');
    const worker = workshop.start('worker', '--verbose', '--grace', '1h');
    await worker.seen('▸ task 1 hold  running');
    worker.kill('SIGINT');
    await worker.seen('draining');
    worker.kill('SIGINT');
    expect((await worker.ended).code).toBe(130);
  });

  test('an operator retries, resolves and cancels; every law still holds', async () => {
    await workshop.run('migrate');
    const failed = await workshop.run('run', 'failing');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('✗ refuse');
    expect(failed.stderr).toContain('tasker tasks retry 1');
    const resolved = await workshop.run(
      'steps',
      'resolve',
      '1',
      'refuse',
      '--result',
      '{"ok":1}',
      '--reason',
      'done by phone',
    );
    expect(resolved.code).toBe(0);
    const worker = await workshop.run('worker', '--until-idle');
    expect(worker.stdout).toContain('✓ task 1  complete');

    await workshop.run('run', 'order', '-c', 'cart_id=3', '--no-watch');
    const updated = await workshop.run(
      'steps',
      'update',
      '2',
      'check_stock',
      '--retry-limit',
      '7',
      '--json',
    );
    expect(document(updated)).toMatchObject({
      step: { retry_limit: 7, waiting_because: 'waiting for fetch_cart' },
    });
    expect((await workshop.run('tasks', 'cancel', '2', '--reason', 'not wanted')).code).toBe(0);
    const again = await workshop.run('tasks', 'cancel', '2');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('TASK_STATE_CONFLICT');

    const shown = await workshop.run('tasks', 'show', '2');
    expect(shown.stdout).toContain('(not wanted)');
    expect(document(await workshop.run('verify', '--json'))).toEqual({ ok: true, violations: [] });
    expect((await workshop.run('doctor', '--json')).code).toBe(0);
  });

  test('finds a task by its name in the folder tasks, and answers --json with one document', async () => {
    await workshop.run('migrate');
    const ended = await workshop.run('run', 'order', '-c', 'cart_id=3', '--json', '--tag', 'vip');
    expect(ended.stderr).toBe('');
    expect(document(ended)).toMatchObject({
      task: { status: 'complete', tags: ['vip'], source_system: 'cli' },
    });
  });

  test('takes named handlers from a module', async () => {
    await workshop.run('migrate');
    const ended = await workshop.run(
      'run',
      'named.yaml',
      '--handlers',
      'named-handlers.mjs',
      '--json',
    );
    expect(document(ended)).toMatchObject({ steps: [{ results: { greeting: 'hello' } }] });
  });

  test('bad input is refused with 2, and nothing is stored', async () => {
    await workshop.run('migrate');
    const refusals = [
      [['run', 'tasks/order.yaml', '-c', 'cart_id=abc'], 'cart_id'],
      [['run', 'tasks/order.yaml'], 'cart_id'],
      [['run', 'tasks/order.yaml', '-c', 'cart_id=12345678901234567890'], '2^53'],
      [['run', 'ordr', '-c', 'cart_id=3'], 'Did you mean "order"?'],
      [['run', 'broken.yaml'], 'broken.yaml:6:22'],
      [['run', 'tasks/order.yaml', '-c', 'cart_id=3', '--bypass', 'nope'], 'nope'],
      [['run', 'tasks/order.yaml', '-c', 'cart_id=3', '--bypass', 'fetch_cart'], 'not skippable'],
      [['run', 'tasks/order.yaml', '-c', 'cart_id=3', '--resume', '1'], '--resume'],
      [['run', 'tasks/order.yaml', '--resume', '99'], 'Task 99 does not exist'],
    ] as const;
    const ended = await Promise.all(refusals.map(([args]) => workshop.run(...args)));
    for (const [index, refused] of ended.entries()) {
      const [args, problem] = refusals[index] ?? [[], ''];
      expect(refused.stderr, args.join(' ')).toContain(problem);
      expect(refused.stderr, args.join(' ')).not.toContain('    at ');
      expect(refused.code, args.join(' ')).toBe(2);
    }
    const listed = await workshop.run('tasks', 'list', '--json');
    expect(document(listed)).toEqual({ tasks: [], next: null });
  });

  test('draws a definition without a database, and a run with its states', async () => {
    const definition = await workshop.run('diagram', 'tasks/order.yaml');
    expect(definition.stdout).toContain('flowchart TD\n  s0["fetch_cart');
    await workshop.run('migrate');
    await workshop.run('run', 'failing');
    const run = await workshop.run('diagram', '1');
    expect(run.stdout).toMatch(/s0\["refuse<br\/>failed .*"\]:::failed/);
    expect(run.stdout).toContain('s1["after<br/>blocked by refuse"]:::waiting');
  });

  test('a reader that leaves early is no error', async () => {
    await workshop.run('migrate');
    const run = workshop.start('run', 'holding', '--grace', '100ms');
    await run.seen('▸ hold  running');
    run.closeOutput();
    workshop.release();
    const ended = await run.ended;
    expect([0, 141]).toContain(ended.code);
    expect(ended.stderr).not.toContain('EPIPE');
  });

  test('the same key gives the same task', async () => {
    await workshop.run('migrate');
    const args = ['run', 'order', '-c', 'cart_id=3', '--key', 'k1', '--no-watch', '--json'];
    expect(document(await workshop.run(...args))).toEqual({ task_id: 1 });
    expect(document(await workshop.run(...args))).toEqual({ task_id: 1 });
    const other = await workshop.run(...args, '-c', 'cart_id=4');
    expect(other.code).toBe(2);
  });

  test('a server that cannot be reached is one sentence, without a stack', async () => {
    const ended = await workshop.run('tasks', 'list', '--database', 'postgres://127.0.0.1:1/none');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('DATABASE_UNAVAILABLE');
    expect(ended.stderr).not.toContain('    at ');
  });
});
