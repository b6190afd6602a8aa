import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installPacked, run } from './packed-host.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples/mounting');

/** The body of the documented curl; every example has a cart of its own, because they share their data. */
const bodyOf = (cartId: number): object => ({
  name: 'api_integration_task',
  context: { cart_id: cartId },
  initiator: 'web_interface',
  reason: 'Process new order',
  source_system: 'ecommerce',
  tags: ['order_processing', 'api_integration'],
});

/** A project with the packed package, the examples, and the frameworks of their hosts. */
let host = '';
const children: ChildProcess[] = [];

beforeAll(() => {
  host = installPacked(['express', 'fastify']);
  cpSync(EXAMPLES, host, { recursive: true });
});

afterAll(() => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(host, { recursive: true, force: true });
});

const SERVERS = [
  'node-http.mjs',
  'express.mjs',
  'commonjs.cjs',
  'fastify.mjs',
  'hono.mjs',
  'fetch-handler.mjs',
  'two-taskers.mjs',
];

test('every example is tried, and none is long', () => {
  const files = readdirSync(EXAMPLES).filter((file) => file !== 'README.md');
  expect(files.toSorted()).toEqual([...SERVERS, 'client.mjs', 'order.mjs'].toSorted());
  for (const file of files)
    expect([file, readFileSync(path.join(EXAMPLES, file), 'utf8').split('\n').length < 42]).toEqual(
      [file, true],
    );
});

test.each(SERVERS)(
  '%s runs from the packed package, answers, streams, and ends when it is told to',
  async (file) => {
    const cartId = 123 + SERVERS.indexOf(file);
    const { child, url } = await startExample(file);
    const headers = { 'content-type': 'application/json', cookie: 'session=demo' };
    const created = await fetch(`${url}/tasks`, {
      method: 'POST',
      headers,
      body: JSON.stringify(bodyOf(cartId)),
    });
    expect([created.status, created.headers.get('content-type')]).toEqual([
      201,
      'application/json',
    ]);
    const { task } = (await created.json()) as { task: { task_id: number } };
    const one = `${url}/tasks/${task.task_id}`;

    const stream = await fetch(`${one}/events?until=settled`, { headers });
    expect(await stream.text()).toContain('event: end');
    const read = await fetch(one, { headers });
    expect(await read.json()).toMatchObject({
      task: {
        status: 'complete',
        context: { cart_id: cartId },
        tags: ['order_processing', 'api_integration'],
      },
    });
    const missing = await fetch(`${url}/no/such/page`, { headers });
    expect(await missing.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    if (file === 'fetch-handler.mjs') expect((await fetch(one)).status).toBe(401);
    if (file === 'two-taskers.mjs') {
      const other = one.replace('/shop/', '/office/');
      expect((await fetch(other)).status).toBe(404);
    }
    if (file === 'express.mjs') {
      const said = run(process.execPath, ['client.mjs', url], host);
      expect(said).toContain('end complete');
      expect(said).toContain("name: 'create_order', results: { order_id: 3 }");
    }

    // A stream that is open does not keep it from ending.
    const open = await fetch(`${url}/events`, { headers });
    child.kill('SIGTERM');
    await open.text();
    expect(await exitOf(child)).toEqual([0, '']);
  },
);

/** Starts an example on a free port, and waits until it says where it listens. */
async function startExample(file: string): Promise<{ child: ChildProcess; url: string }> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  // One after the other uses the same data: to make a database is what takes long.
  const data = path.join(host, file === 'two-taskers.mjs' ? 'two' : 'data');
  if (file === 'two-taskers.mjs')
    for (const name of ['shop', 'office'])
      cpSync(path.join(host, 'data'), path.join(data, name), { recursive: true });
  const child = spawn(process.execPath, ['--no-warnings', file, data], {
    cwd: host,
    env: { ...env, PORT: '0' },
  });
  children.push(child);
  let [said, complaints] = ['', ''];
  child.stderr.on('data', (text: Buffer) => (complaints += String(text)));
  Object.assign(child, { complaints: () => complaints });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${file} ended: ${said}${complaints}`)));
    child.stdout.on('data', (text: Buffer) => {
      said += String(text);
      const address = /listening on (\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  return { child, url };
}

/** The exit code of an example, and what it complained about. */
async function exitOf(child: ChildProcess): Promise<readonly [number | null, string]> {
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => child.once('exit', resolve));
  const { complaints } = child as ChildProcess & { complaints: () => string }; // sound: given in startExample
  return [child.exitCode, complaints()];
}
