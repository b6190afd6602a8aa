import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isJsonObject } from '../../src/kernel/json.ts';
import { openBench, urlOf } from './served.ts';
import type { Bench, Going } from './served.ts';

let bench: Bench;
beforeAll(() => {
  bench = openBench();
});
afterAll(() => bench.close());

const STRONG = 'k'.repeat(32);

describe('a service that is configured wrong does not start', () => {
  test.each([
    ['every address of IPv4', ['--host', '0.0.0.0'], {}, 78, 'can be reached from outside'],
    ['every address of IPv6', ['--host', '::'], {}, 78, 'can be reached from outside'],
    ['the same from the environment', [], { TASKER_HOST: '0.0.0.0' }, 78, 'TASKER_API_KEYS'],
    ['a name that has no address', ['--host', 'no.such.name.invalid'], {}, 78, 'no address'],
    ['a port beyond the last', ['--port', '70000'], {}, 2, '0 to 65535'],
    ['a port that is a word', ['--port', 'http'], {}, 2, '0 to 65535'],
    ['a port of the environment', [], { TASKER_PORT: '70000' }, 78, 'TASKER_PORT'],
    ['empty keys', [], { TASKER_API_KEYS: '' }, 78, 'neither on nor off'],
    ['a weak key', [], { TASKER_API_KEYS: 'ci=operator:12345678' }, 78, '32 to 512'],
    ['a role that nobody has', [], { TASKER_API_KEYS: `ci=king:${STRONG}` }, 78, 'needs roles'],
    [
      'a short secret for tokens',
      [],
      {
        TASKER_JWT_SECRET: '0123456789',
        TASKER_JWT_ALGORITHMS: 'HS256',
        TASKER_JWT_ISSUER: 'shop',
        TASKER_JWT_AUDIENCE: 'tasker',
      },
      78,
      'TASKER_JWT_SECRET',
    ],
    ['tokens without an issuer', [], { TASKER_JWT_SECRET: STRONG }, 78, 'is missing'],
    ['a base path that is none', ['--base-path', 'a b'], {}, 78, 'basePath'],
    ['an option with a slip', ['--prot', '1'], {}, 2, '--port'],
    ['a form of log that is not known', ['--log', 'xml'], {}, 2, 'json'],
    ['a service in place of a database', ['--url', 'http://127.0.0.1:1'], {}, 2, '--url'],
  ])('%s', async (_what, args, variables, exitCode, told) => {
    const ended = await bench.run(['serve', bench.definitions, ...args], variables);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(told);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(ended.stderr).not.toMatch(/12345678|0123456789/);
    expect(ended.stdout).toBe('');
  });

  test('without a definition for its worker', async () => {
    const ended = await bench.run(['serve', '--port', '0']);
    expect(ended).toMatchObject({ exitCode: 2 });
    expect(ended.stderr).toContain('no definition is given');
  });

  test('on a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const ended = await bench.run(['serve', bench.definitions, '--port', port]);
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain('another program uses it');
    expect(ended.stderr).toContain('--port');
    other.close();
  });
});

describe('a service', () => {
  let going: Going;
  let url = '';
  beforeAll(async () => {
    going = bench.begin(['serve', bench.definitions, '--port', '0', '--base-path', '/x', '--json']);
    await going.seen('server.ready');
    url = urlOf(going);
  });

  test('says where it is and what it has, as one document', () => {
    expect(JSON.parse(going.io.stdout().split('\n')[0] ?? '')).toMatchObject({
      event: 'server.ready',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/x$/),
      authentication: false,
      durability: 'process',
      definitions: ['order'],
      worker: true,
    });
  });

  test('creates a task, and its worker runs it', async () => {
    const { status, body } = await create({ name: 'order', context: { cart_id: 3 } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ task: { name: 'order' } });
    await going.seen('"task.failed"');
  });

  test('is ready, and says so', async () => {
    expect((await get('/health/ready')).status).toBe(200);
  });

  // The last one, because it ends the service.
  test('drains: it says that it is not ready, finishes what is under way, and ends with 0', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await get('/health/ready', agent)).status).toBe(200);
    const upload = begin();
    await until100(upload);
    going.io.stop('SIGTERM');
    const probe = await get('/health/ready', agent);
    expect(probe.status).toBe(503);
    upload.end(JSON.stringify({ name: 'order', context: { late: true } }));
    expect((await answerOf(upload)).statusCode).toBe(201);
    agent.destroy();
    expect(await going.ended).toMatchObject({ exitCode: 0 });
  });

  async function create(
    body: object,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const answer = await fetch(`${url}/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async function get(path: string, agent?: Agent): Promise<{ readonly status: number }> {
    const asked = request(`${url}${path}`, agent === undefined ? {} : { agent }).end();
    const { statusCode = 0 } = await answerOf(asked);
    return { status: statusCode };
  }

  /** A request whose body is still to come. */
  function begin(): ClientRequest {
    return request(`${url}/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', expect: '100-continue' },
    });
  }
});

describe('who may come in', () => {
  test('with --auth a key of the database is needed, and enough; without a worker nothing needs to be defined', async () => {
    const created = await bench.run([
      'keys',
      'create',
      '--name',
      'ci',
      '--grant',
      'operator',
      '--data-dir',
      'keyed',
      '--json',
    ]);
    // Keys are made beside a database that is there.
    expect(created.exitCode).toBe(78);
    await bench.run(['migrate', '--data-dir', 'keyed']);
    const made = await bench.run([
      'keys',
      'create',
      '--name',
      'ci',
      '--grant',
      'operator',
      '--data-dir',
      'keyed',
    ]);
    const key = made.stdout.trim();
    const args = ['serve', '--no-worker', '--port', '0', '--auth', '--data-dir', 'keyed', '--json'];
    const going = bench.begin(args);
    await going.seen('server.ready');
    const url = urlOf(going);
    expect((await fetch(`${url}/tasks`)).status).toBe(401);
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    expect((await fetch(`${url}/tasks`, { headers })).status).toBe(200);
    const body = JSON.stringify({ name: 'order', context: {} });
    const answer = await fetch(`${url}/tasks`, { method: 'POST', headers, body });
    expect(answer.status).toBe(404);
    const problem: unknown = await answer.json();
    expect(isJsonObject(problem) ? problem['code'] : problem).toBe('DEFINITION_NOT_FOUND');
    going.io.stop('SIGINT');
    expect((await going.ended).exitCode).toBe(0);
  });

  test('keys of the environment let in on an address that can be reached from outside; people read who may', async () => {
    const going = bench.begin(
      ['serve', '--no-worker', '--port', '0', '--host', '0.0.0.0', '--data-dir', 'keyed'],
      { TASKER_API_KEYS: `ci=viewer:${STRONG}` },
    );
    await going.seen('access');
    expect(going.io.stderr()).toContain('callers need a key or a token');
    expect(going.io.stderr()).toContain('none is defined');
    expect(going.io.stderr()).not.toContain(STRONG);
    going.io.stop('SIGTERM');
    expect((await going.ended).exitCode).toBe(0);
  });
});

async function until100(asked: ClientRequest): Promise<void> {
  asked.flushHeaders();
  await once(asked, 'continue');
}

function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('error', reject);
    asked.once('response', (response) => {
      response.resume();
      response.once('end', () => resolve(response));
    });
  });
}
