import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isJsonObject } from '../../src/kernel/json.ts';
import { openWorkshop } from './spawned-tasker.ts';
import type { Running, Workshop } from './spawned-tasker.ts';

let workshop: Workshop;

beforeEach(() => {
  workshop = openWorkshop(null);
});
afterEach(() => workshop.close());

const path = (name: string): string => join(workshop.directory, name);
const change = (name: string, from: string, to: string): void =>
  writeFileSync(path(name), readFileSync(path(name), 'utf8').replace(from, to));

/** `tasker dev` on a port of its own, ready. */
async function startDev(): Promise<Running> {
  const dev = workshop.start('dev', '--port', '0');
  await dev.seen('watching for saves');
  return dev;
}

/** The last step of a task of the shop and what it gives, created and watched from another process. */
async function runOrder(cart: number): Promise<unknown> {
  const { stdout } = await workshop.run('run', 'order', '-c', `cart_id=${cart}`, '--json');
  const outcome: unknown = JSON.parse(stdout);
  const steps = isJsonObject(outcome) ? outcome['steps'] : null;
  const last = Array.isArray(steps) ? (steps.at(-1) as unknown) : null; // sound: looked at below
  return isJsonObject(last) ? { [JSON.stringify(last['name'])]: last['results'] } : null;
}

test('a loop of saves: what is sound is served at once, what is not is shown, and Ctrl-C ends it', async () => {
  const dev = await startDev();
  expect(await runOrder(1)).toEqual({ '"create_order"': { order_id: 10 } });
  await dev.seen('create_order  complete');

  // Other commands of this folder find it by themselves; a second one is not started.
  const listed = await workshop.run('tasks', 'list');
  expect(listed.stderr).toMatch(/through http:\/\/127\.0\.0\.1:\d+\/tasker \(pid \d+\)/);
  expect(listed.stdout).toContain('order');
  const second = await workshop.run('dev');
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`(pid ${dev.pid})`);
  expect(second.stderr).toMatch(/already running at http:\/\/127\.0\.0\.1:\d+/);

  // A definition with a fault: told with its place, and the last good one goes on.
  change('tasks/order.yaml', 'depends_on_step: fetch_cart', 'depends_on_step: fetch_cartt');
  await dev.seen('did you mean "fetch_cart"?');
  await dev.seen('tasks/order.yaml: still serving the last good version');
  expect(await runOrder(2)).toEqual({ '"create_order"': { order_id: 20 } });
  change('tasks/order.yaml', 'fetch_cartt', 'fetch_cart');
  await dev.seen('✓ reloaded order (3 steps)');

  // A renamed step is another body under the declared version.
  change('tasks/order.yaml', 'name: create_order', 'name: place_order');
  await dev.seen('reloaded order 1.0.0+dev.');
  expect(await runOrder(3)).toEqual({ '"place_order"': { order_id: 30 } });

  // A handler: with a fault, then sound again.
  change('tasks/steps.mjs', 'order_id: ', 'order_id = ');
  await dev.seen('steps.mjs:');
  await dev.seen('tasks/failing.yaml: still serving the last good version');
  change('tasks/steps.mjs', 'order_id = ', 'saved: true, order_id: ');
  await dev.seen('reloaded 3 tasks: failing, holding, order');
  expect(await runOrder(4)).toEqual({ '"place_order"': { saved: true, order_id: 40 } });

  renameSync(path('tasks/failing.yaml'), path('failing.txt'));
  await dev.seen('tasks/failing.yaml  is gone');

  const asked = performance.now();
  dev.kill('SIGINT');
  expect(await dev.ended).toMatchObject({ code: 0 });
  expect(performance.now() - asked).toBeLessThan(5_000);
  expect(existsSync(path('.tasker/server.json'))).toBe(false);
});

test('after kill -9 the next start takes no notice of what was left behind, and resumes the tasks', async () => {
  const first = await startDev();
  await workshop.run('run', 'holding', '--no-watch');
  await first.seen('task 1 first  complete');
  first.kill('SIGKILL');
  await first.ended;
  expect(existsSync(path('.tasker/server.json'))).toBe(true);
  workshop.release();
  const next = await startDev();
  await next.seen('task 1  complete');
  next.kill('SIGTERM');
  expect(await next.ended).toMatchObject({ code: 0 });
});

test('a definition that is broken from the start is served once it is corrected', async () => {
  renameSync(path('broken.yaml'), path('tasks/broken.yaml'));
  const dev = await startDev();
  await dev.seen('tasks/broken.yaml: not served until it is corrected');
  writeFileSync(path('tasks/broken.yaml'), SOUND);
  await dev.seen('✓ reloaded mended (1 step)');
  dev.kill('SIGINT');
  expect(await dev.ended).toMatchObject({ code: 0 });
});

test('a second signal ends a server at once, whatever is under way', async () => {
  const server = workshop.start('serve', '--port', '0');
  await server.seen('access');
  await workshop.run('run', 'holding', '--no-watch');
  // Held inside its handler: a drain would wait for it.
  await workshop.run('tasks', 'show', '1');
  server.kill('SIGTERM');
  await server.seen('draining');
  server.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 143 });
});

const SOUND = `
name: mended
steps:
  - name: only
    handler: ./steps.mjs#fetchCart
`;
