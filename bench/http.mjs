/**
 * Requests per second and the slowest percent of create, get, list and filter, beside the same server's bare health route, at 1, 32
 * and 256 connections, over a database of many stored tasks. Closed loops: each connection sends its next request when it has the
 * answer to the last one. `npm run bench:http [-- --tasks 100000] [--seconds 3] [--json FILE]`.
 *
 * I1: routes take turns inside one run, so that what disturbs the machine disturbs all; a ratio is taken against the health route of
 *     the same number of connections.
 * I2: an answer that is not the expected status ends the run.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createTasker } from 'tasker-engine';
import { fillTasks } from './list-data.mjs';
import { describeMachine, machineFacts } from './machine.mjs';
import { openServer } from './server.mjs';

const CONNECTIONS = [1, 32, 256];
const ROUTES = {
  health: () => ({ method: 'GET', path: '/tasker/health/live', status: 200 }),
  create: () => ({ method: 'POST', path: '/tasker/tasks', status: 201, body: ORDER }),
  get: (n, tasks) => ({
    method: 'GET',
    path: `/tasker/tasks/${1 + ((n * 7919) % tasks)}`,
    status: 200,
  }),
  list: () => ({ method: 'GET', path: '/tasker/tasks?sort_order=desc', status: 200 }),
  'list without steps': () => ({
    method: 'GET',
    path: '/tasker/tasks?sort_order=desc&embed=none&count=no',
    status: 200,
  }),
  'filter by status': () => ({
    method: 'GET',
    path: '/tasker/tasks?status=error&sort_order=desc&embed=none',
    status: 200,
  }),
  'filter by tag and context': (n) => ({
    method: 'GET',
    path: `/tasker/tasks?tag=vip&context.cart.id=${(n * 20) % 50_000}&embed=none`,
    status: 200,
  }),
};
const ORDER = JSON.stringify({
  name: 'order',
  context: { cart_id: 123, country: 'de' },
  initiator: 'web_interface',
  reason: 'Process new order',
  source_system: 'ecommerce',
  tags: ['order_processing'],
});

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});
process.exitCode = await main(Number(values.tasks), Number(values.seconds));

async function main(tasks, seconds) {
  const server = await openServer();
  try {
    const machine = await machineFacts(server);
    await server.withFreshDatabase(async ({ url }) => {
      await prepare(url, tasks);
      const rows = await withService(url, (service) => measureAll(service, { tasks, seconds }));
      console.log(describeMachine(machine));
      console.log(`${tasks.toLocaleString('en')} stored tasks, ${seconds} s per figure\n`);
      console.log(render(rows));
      if (values.json === undefined) return;
      writeFileSync(values.json, `${JSON.stringify({ machine, tasks, seconds, rows }, null, 2)}\n`);
    });
    return 0;
  } finally {
    await server.close();
  }
}

/** Starts the process under test, and ends it whatever happens. */
async function withService(database, work) {
  const child = fork(path.join(import.meta.dirname, 'http-server.mjs'), [database]);
  try {
    const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (first?.url === undefined) throw new Error('the service did not start');
    return await work(new URL(first.url));
  } finally {
    if (child.connected) {
      child.disconnect();
      await once(child, 'exit');
    }
  }
}

async function prepare(url, tasks) {
  const tasker = createTasker({ database: url, worker: false });
  await tasker.migrate();
  const client = new pg.Client(url);
  await client.connect();
  await fillTasks(client, tasks);
  await client.end();
}

async function measureAll(url, { tasks, seconds }) {
  const rows = [];
  for (const connections of CONNECTIONS) {
    for (const name of Object.keys(ROUTES)) {
      await measure(url, { connections, route: ROUTES[name], tasks, seconds: 0.5 }); // warm
      const row = {
        connections,
        name,
        ...(await measure(url, { connections, route: ROUTES[name], tasks, seconds })),
      };
      rows.push(row);
      console.error(
        `${connections} ${name}: ${Math.round(row.perSecond)}/s p99 ${row.p99.toFixed(1)} ms`,
      );
    }
  }
  return rows;
}

async function measure(url, { connections, route, tasks, seconds }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const times = [];
  const started = performance.now();
  const until = started + seconds * 1_000;
  let sent = 0;
  const loop = async () => {
    while (performance.now() < until) {
      sent += 1;
      const begun = performance.now();
      await request(url, agent, route(sent, tasks));
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  const elapsed = (performance.now() - started) / 1_000;
  agent.destroy();
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / elapsed,
    p50: times[Math.floor(times.length * 0.5)],
    p99: times[Math.floor(times.length * 0.99)],
    requests: times.length,
  };
}

/** I2 */
function request(url, agent, { method, path: to, body, status }) {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = http.request(
      { host: url.hostname, port: url.port, method, path: to, headers, agent },
      (answer) => {
        answer.resume();
        answer.on('end', () => {
          if (answer.statusCode === status) resolve();
          else reject(new Error(`${method} ${to} answered ${answer.statusCode}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function render(rows) {
  const lines = rows.map(({ connections, name, perSecond, p50, p99 }) => {
    const bare = rows.find((row) => row.connections === connections && row.name === 'health');
    return `| ${connections} | ${name} | ${Math.round(perSecond).toLocaleString('en')} | ${(perSecond / bare.perSecond).toFixed(2)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |`;
  });
  return [
    '| connections | request | per second | against health | p50 ms | p99 ms |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
