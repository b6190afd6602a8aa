/** Two Taskers in one process, each with its own data under its own path: `node two-taskers.mjs [directory]`. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { taskerExpress } from 'tasker-engine/express';
import { ready, startTasker } from './order.mjs';

const directory = process.argv[2] ?? mkdtempSync(path.join(tmpdir(), 'tasker-two-'));
// On one PostgreSQL, the schemas alone keep them apart; an embedded database belongs to one Tasker.
const shop = await startTasker({ schema: 'shop', directory: path.join(directory, 'shop') });
const office = await startTasker({ schema: 'office', directory: path.join(directory, 'office') });

const mounts = [
  taskerExpress(shop, { basePath: '/shop/tasks' }),
  taskerExpress(office, { basePath: '/office/tasks' }),
];
const app = express();
for (const mount of mounts) app.use(mount); // each takes what is under its base path

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  ready(`http://127.0.0.1:${server.address().port}/shop/tasks`, async () => {
    await Promise.all(mounts.map(({ api }) => api.close()));
    await new Promise((closed) => server.close(closed));
    await Promise.all([shop.stop(), office.stop()]);
  });
});
