import { spawn, type ChildProcess } from 'node:child_process';
import { Agent, request as sendRequest } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTasker } from '../../src/tasker.ts';
import { describeOnPostgres } from '../support/each-database.ts';
import { until } from '../support/engine.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const PROGRAM = path.join(import.meta.dirname, 'mounting-server.mjs');
const BODY = JSON.stringify({ name: 'order', context: {} });

interface RunningServer {
  readonly child: ChildProcess;
  readonly url: string;
}

describeOnPostgres('two servers on one database', () => {
  let database: FreshDatabase;
  const servers: RunningServer[] = [];
  beforeAll(async () => {
    database = await freshDatabase();
    await createTasker({ database: database.url, worker: false }).migrate();
    servers.push(...(await Promise.all([start(database.url), start(database.url)])));
  });
  afterAll(async () => {
    for (const { child } of servers) if (child.exitCode === null) child.kill('SIGKILL');
    await database.drop();
  });

  test('fail no request while one of them is drained by SIGTERM under load', async () => {
    const failures: string[] = [];
    const answered = [0, 0];
    let isOver = false;
    /** Sends one request after the other, to the other server once this one does not listen any more. */
    const keepAsking = async (first: number): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      let at = first;
      while (!isOver) {
        const outcome = await create(`${servers[at]?.url}/tasks`, agent);
        if (outcome === 201) answered[at] = (answered[at] ?? 0) + 1;
        else if (outcome === 'ECONNREFUSED') at = 1 - at;
        else failures.push(`server ${at}: ${outcome}`);
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 16 }, (_, n) => keepAsking(n % 2));
    const [drained] = servers;
    await until('both serve', () => answered.every((count) => count > 100));
    const exited = new Promise((resolve) => drained?.child.once('exit', resolve));
    drained?.child.kill('SIGTERM');
    expect(await exited).toBe(0);
    const [before = 0, other = 0] = answered;
    await until('the other serves all of them', () => (answered[1] ?? 0) > other + 100);
    isOver = true;
    await Promise.all(clients);

    expect(failures).toEqual([]);
    expect(answered[0]).toBe(before);
    const tasker = createTasker({ database: database.url, worker: false });
    await tasker.start();
    const { count } = await tasker.countTasks({}, { upTo: 10_000 });
    await tasker.stop();
    expect(count).toBe(answered.reduce((sum, n) => sum + n, 0)); // what was answered is stored, and nothing else
  });
});

async function start(database: string): Promise<RunningServer> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [PROGRAM, database, 'tasker'], { env });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the server ended: ${said}`)));
    child.stderr.on('data', (text: Buffer) => (said += String(text)));
    child.stdout.on('data', (text: Buffer) => {
      said += String(text);
      const address = /listening on (\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  return { child, url };
}

/** The status of an answer, or the code of the error. */
function create(url: string, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': BODY.length };
    const request = sendRequest(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', (error) => resolve(error.message));
    });
    request.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    request.end(BODY);
  });
}
