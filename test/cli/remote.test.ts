import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject } from '../../src/kernel/json.ts';
import { openBench, urlOf } from './served.ts';
import type { Bench, Going, Outcome } from './served.ts';

let bench: Bench;
let server: Going;
let url = '';

const HERE = ['--data-dir', 'data'];

beforeAll(async () => {
  bench = openBench();
  server = bench.begin(['serve', bench.definitions, '--port', '0', '--json', ...HERE]);
  await server.seen('server.ready');
  url = urlOf(server);
});
afterAll(async () => {
  server.io.stop('SIGTERM');
  await server.ended;
  bench.close();
});

const remote = (...args: readonly string[]): Promise<Outcome> =>
  bench.run([...args, '--url', url, '--json']);
const documentOf = ({ stdout }: Outcome): unknown => JSON.parse(stdout);

describe('over a service', () => {
  test('run creates a task there, watches it, and ends as it ended', async () => {
    const ran = await remote('run', 'order', '-c', 'cart_id=3', '--tag', 'first');
    expect(ran.exitCode).toBe(1);
    expect(documentOf(ran)).toMatchObject({
      task: { task_id: 1, status: 'error', context: { cart_id: 3 }, source_system: 'cli' },
    });
  });

  test('run takes a file to say which task is meant, and events one by one', async () => {
    const file = `${bench.definitions}/order.yaml`;
    const ran = await remote('run', file, '--bypass', 'refuse', '--watch');
    expect(ran.exitCode).toBe(0);
    const events = ran.stdout.trim().split('\n');
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ event: 'task.completed', task_id: 2 });
  });

  test('the service is named by the environment too', async () => {
    const stored = await bench.run(['run', 'order', '--no-watch', '--json'], { TASKER_URL: url });
    expect(documentOf(stored)).toEqual({ task_id: 3 });
    const watched = await bench.run(['tasks', 'watch', '3', '--json'], { TASKER_URL: url });
    expect(watched.exitCode).toBe(1);
  });

  test('a task and a step are told to go on, and by whom the service recognised', async () => {
    const retried = await remote('steps', 'retry', '1', 'refuse', '--reason', 'again');
    expect(documentOf(retried)).toMatchObject({ step: { name: 'refuse' } });
    await remote('tasks', 'watch', '1');
    const resolved = await remote('steps', 'resolve', '1', '#1', '--result', '{"by":"hand"}');
    expect(documentOf(resolved)).toMatchObject({ step: { results: { by: 'hand' } } });
    const closed = await remote('tasks', 'resolve', '3', '--reason', 'not needed');
    expect(documentOf(closed)).toMatchObject({ task: { status: 'resolved_manually' } });
    const shown = documentOf(await remote('tasks', 'show', '3'));
    const log = isJsonObject(shown) ? shown['operator_log'] : null;
    expect(log).toContainEqual(
      expect.objectContaining({ action: 'resolve_task', actor: 'local', reason: 'not needed' }),
    );
  });

  test('an action on every task that a filter finds is counted first, and done with --yes', async () => {
    for (const tag of ['many', 'many', 'other'])
      await remote('run', 'order', '--no-watch', '--tag', tag, '-c', `nth=${tag}`);
    const filter = ['--filter', 'tag=many', '--filter', 'context.nth=many'];
    await remote('tasks', 'watch', '4');
    await remote('tasks', 'watch', '5');
    const counted = await remote('tasks', 'resolve', ...filter);
    expect(counted.exitCode).toBe(2);
    expect(documentOf(counted)).toMatchObject({ matched: { count: 2, exact: true }, acted: 0 });
    const done = await remote('tasks', 'resolve', ...filter, '--yes', '--reason', 'cleared');
    expect(done.exitCode).toBe(0);
    expect(documentOf(done)).toMatchObject({ acted: 2, refused: [] });
    const again = await remote('tasks', 'retry', ...filter, '--yes', '--limit', '1');
    expect(documentOf(again)).toMatchObject({
      acted: 0,
      refused: [{ code: 'TASK_STATE_CONFLICT' }],
      remaining: { count: 1 },
    });
    expect(documentOf(await remote('tasks', 'show', '6'))).not.toMatchObject({
      task: { status: 'resolved_manually' },
    });
  });

  test.each([
    [['7', '--filter', 'tag=many'], 'not both'],
    [['--filter', 'tga=many'], 'tga'],
    [['--filter', 'status=lost'], 'status'],
    [['--filter', 'nothing'], 'key=value'],
    [['--filter', 'tag=a', '--filter', 'tag=b'], 'each key once'],
    [['--yes'], 'a task id is'],
  ])('a filter that cannot be meant is refused: %j', async (args, told) => {
    const refused = await remote('tasks', 'cancel', ...args);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(told);
  });

  test('what the service refuses is told as it would be here', async () => {
    const missing = await remote('tasks', 'show', '99');
    expect(missing.exitCode).toBe(2);
    expect(JSON.parse(missing.stderr)).toMatchObject({ error: { code: 'TASK_NOT_FOUND' } });
    const settled = await remote('tasks', 'cancel', '2');
    expect(JSON.parse(settled.stderr)).toMatchObject({ error: { code: 'TASK_STATE_CONFLICT' } });
    const unknown = await remote('run', 'ordr');
    expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { code: 'DEFINITION_NOT_FOUND' } });
    const nowhere = await bench.run(['tasks', 'list', '--url', 'http://127.0.0.1:9']);
    expect(nowhere.exitCode).toBe(1);
  });

  test.each([
    [['worker'], 'worker'],
    [['migrate'], 'migrate'],
    [['verify'], 'verify'],
    [['doctor'], 'doctor'],
    [['dev'], 'dev'],
    [['keys', 'list'], 'keys'],
  ])('%j needs the database itself and says so', async (args) => {
    const refused = await bench.run([...args, '--url', url]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('cannot be done over a service');
  });

  test('two places at once are refused', async () => {
    const refused = await bench.run(['tasks', 'list', '--url', url, ...HERE]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('leave out --database and --data-dir');
  });

  test('an address that is none, and a key file that is not there, are refused', async () => {
    expect((await bench.run(['tasks', 'list', '--url', 'nonsense'])).exitCode).toBe(78);
    const refused = await bench.run(['tasks', 'list', '--url', url, '--key-file', 'none']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('--key-file');
  });
});

// The last one, because it ends the service.
test('the same command prints the same documents, over the service and on its database', async () => {
  const commands = [
    ['tasks', 'list'],
    ['tasks', 'list', '--limit', '1'],
    ['tasks', 'list', '--before', '3', '--limit', '1', '--status', 'complete', 'error'],
    ['tasks', 'list', '--tag', 'first'],
    ['tasks', 'cancel', '--filter', 'status=error,complete'],
    ['tasks', 'show', '1'],
    ['tasks', 'show', '2'],
    ['diagram', '2'],
  ];
  const there: unknown[] = [];
  for (const command of commands) there.push(documentOf(await remote(...command)));
  server.io.stop('SIGTERM');
  await server.ended;
  const here: unknown[] = [];
  for (const command of commands)
    here.push(documentOf(await bench.run([...command, ...HERE, '--json'])));
  expect(there).toEqual(here);
  expect(there[0]).toMatchObject({ tasks: [{ task_id: 6 }, {}, {}, {}, {}, { task_id: 1 }] });
  expect(there[1]).toMatchObject({ tasks: [{ task_id: 6 }], next: 6 });
  expect(there[2]).toMatchObject({ tasks: [{ task_id: 2 }] });
});
