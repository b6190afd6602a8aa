import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveTasker, type TaskerServer } from '../../src/api/adapters/node.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';
import { BASE } from './bad-bodies.ts';
import { stored } from './lab.ts';

const BODY = JSON.stringify(BASE);

/** A request as the bytes that go over the wire, with the lines of its head and what follows them. */
const raw = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`;
const get = (target: string, ...more: readonly string[]): string =>
  raw([`GET ${target} HTTP/1.1`, 'Host: localhost', ...more, 'Connection: close']);
const post = (lines: readonly string[], body: string): string =>
  raw(
    ['POST /tasker/tasks HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...lines],
    body,
  );

/** What no client library would send. Each is refused, or its connection is closed. */
const WRONG: Readonly<Record<string, readonly [request: string, statuses: readonly number[]]>> = {
  'a length and chunks at once': [
    post(
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
    ),
    [400],
  ],
  'two lengths': [post(['Content-Length: 5', `Content-Length: ${BODY.length}`], BODY), [400]],
  'a length that is no number': [post(['Content-Length: 1e3'], BODY), [400]],
  'a negative length': [post(['Content-Length: -1'], BODY), [400]],
  'a chunk of no size': [post(['Transfer-Encoding: chunked'], 'zz\r\nx\r\n0\r\n\r\n'), [400]],
  'a coding under another name': [post(['Transfer-Encoding: xchunked'], BODY), [400, 501]],
  'a header of 20,000 letters': [get('/tasker/tasks', `X-A: ${'a'.repeat(20_000)}`), [431]],
  'two hundred headers': [
    get('/tasker/tasks', ...Array.from({ length: 200 }, (_, n) => `X-${n}: 1`)),
    [431],
  ],
  'an address of 20,000 letters': [get(`/tasker/tasks?name=${'a'.repeat(20_000)}`), [431, 414]],
  'a NUL in a header': [
    post([`Idempotency-Key: a\u0000b`, `Content-Length: ${BODY.length}`], BODY),
    [400],
  ],
  'a line end inside a header': [get('/tasker/tasks', 'X-A: a\rX-B: b'), [400]],
  'white space before a colon': [get('/tasker/tasks', 'X-A : a'), [400]],
  'no host': [raw(['GET /tasker/tasks HTTP/1.1', 'Connection: close']), [400]],
  'two hosts': [get('/tasker/tasks', 'Host: evil.example'), [400, 421]],
  'the host of somebody else': [
    raw(['GET /tasker/tasks HTTP/1.1', 'Host: evil.example', 'Connection: close']),
    [421],
  ],
  'the host of somebody else in the address': [get('http://evil.example/tasker/tasks'), [400, 421]],
  'a host with a name in front': [
    raw(['GET /tasker/tasks HTTP/1.1', 'Host: evil@localhost', 'Connection: close']),
    [400, 421],
  ],
  'a broken percent sequence': [get('/tasker/tasks/%E0%A4%A'), [400]],
  'a NUL in the address': [get('/tasker/tasks/1%00'), [400]],
  'a way out of the path': [get('/tasker/tasks/../../etc/passwd'), [404]],
  'an address without a slash': [get('tasker/tasks'), [400, 404]],
  'a web socket': [
    raw([
      'GET /tasker/events HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    ]),
    [400],
  ],
  'a tunnel': [raw(['CONNECT localhost:5432 HTTP/1.1', 'Host: localhost']), [0, 400, 405]],
  'a method that nobody knows': [raw(['BREW /tasker/tasks HTTP/1.1', 'Host: localhost']), [400]],
  'another protocol': ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001', [0, 400]],
  'a body that never comes': [post(['Content-Length: 1000'], '{"name"'), [408]],
  'a body whose chunks never end': [post(['Transfer-Encoding: chunked'], '1\r\n{\r\n'), [408]],
};

describeOnEachDatabase('a real server', (database) => {
  let engine: Engine;
  let server: TaskerServer;

  beforeAll(async () => {
    engine = await startEngine(database, { worker: false });
    await engine.tasker.register(
      defineTask({ name: 'w', identity: 'none' }, (t) => {
        t.step('only', {}, () => null);
      }),
    );
    server = await serveTasker(engine.tasker, { port: 0, bodyTimeout: '200ms' });
  });
  afterAll(async () => {
    await server.close();
    await engine.finish();
  });

  test.each(Object.entries(WRONG))(
    'refuses %s, stores nothing and lives on',
    async (_, [request, statuses]) => {
      const before = await stored(engine);

      const answer = await exchange(server.port, request);

      expect(statuses, answer).toContain(statusOf(answer));
      expect(await stored(engine)).toEqual(before);
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    },
  );

  test('a body that arrives letter by letter, each in time, is read to its end', async () => {
    const answer = await exchange(
      server.port,
      post([`Content-Length: ${BODY.length}`, 'Connection: close'], ''),
      Array.from(BODY),
    );

    expect(statusOf(answer), answer).toBe(201);
  });
});

/** Sends bytes, then further pieces one turn of the event loop after the other; answers everything until the other side is silent or closes. */
async function exchange(
  port: number,
  request: string,
  pieces: readonly string[] = [],
): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
    if (pieces.length === 0 && /\r\n\r\n/.test(answer)) socket.end();
  });
  const over = new Promise<void>((resolve) => {
    socket.on('close', () => resolve()).on('error', () => resolve());
    socket.setTimeout(5_000, () => socket.destroy());
  });
  socket.write(Buffer.from(request, 'latin1'));
  for (const piece of pieces) {
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(piece);
  }
  await over;
  return answer;
}

/** 0 when the connection was closed without a word. */
function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}
