import { afterEach, describe, expect, test } from 'vitest';
import { isListening, openPlayground, publishedOrders, shopPortOf } from './playground.ts';

const playground = openPlayground();
afterEach(() => playground.close());

describe('the example from the command line [pglite]', { timeout: 180_000 }, () => {
  test('npm start -- --exit makes an order through one retry, also when its usual port is taken, and leaves nothing running (row 27)', async () => {
    const place = playground.folder();
    await playground.takePort(4848);

    const run = playground.play(place, 'start.mjs', ['--exit']);

    expect(await run.ended, run.said()).toEqual({ code: 0, signal: null });
    expect(run.said()).toMatch(/fetch_products .*retry in/);
    expect(run.said()).toContain('placed_pending_fulfillment');
    expect(run.said()).toContain('111.49');
    expect(run.said()).toContain('npx tasker tasks show 1');
    expect(publishedOrders(place)).toHaveLength(1);
    expect(shopPortOf(run)).not.toBe(4848);
    expect(await isListening(shopPortOf(run))).toBe(false);
  });

  test('an order whose process was killed goes on at the next start (rows 18, 27)', async () => {
    const place = playground.folder();
    const killed = playground.play(place, 'start.mjs');
    await killed.untilItSays('retry in');
    killed.child.kill('SIGKILL');
    await killed.ended;

    const next = playground.play(place, 'start.mjs', ['--exit']);

    expect(await next.ended, next.said()).toEqual({ code: 0, signal: null });
    expect(next.said()).toContain('Order task 1 of an earlier run is unfinished and goes on');
    expect(next.said()).toContain('2 orders are in the database');
    expect(new Set(publishedOrders(place)).size).toBe(2);
    expect(publishedOrders(place)).toHaveLength(2);
  });

  test('a second start beside a running one is refused; Ctrl-C ends the first with nothing left running', async () => {
    const place = playground.folder();
    const first = playground.play(place, 'start.mjs');
    await first.untilItSays('retry in');
    first.child.kill('SIGSTOP'); // so that it cannot finish while the second one comes up

    const second = playground.play(place, 'start.mjs');
    const refused = await second.ended;
    first.child.kill('SIGCONT');
    first.child.kill('SIGINT');

    expect(refused, second.said()).toEqual({ code: 78, signal: null });
    expect(await first.ended, first.said()).toEqual({ code: 130, signal: null });
    expect(first.said()).toContain('goes on at the next npm start');
    expect(await isListening(shopPortOf(first))).toBe(false);
  });

  test('SIGTERM ends an order that waits for its retry with exit code 143', async () => {
    const run = playground.play(playground.folder(), 'run.mjs', [
      '--cart',
      '1',
      '--fault',
      '503',
      '--times',
      '4',
    ]);
    await run.untilItSays('retry in');

    run.child.kill('SIGTERM');

    expect(await run.ended, run.said()).toEqual({ code: 143, signal: null });
  });

  test('npm run order obeys Retry-After; an order without stock ends with 1 and says why', async () => {
    const place = playground.folder();

    const good = playground.play(place, 'run.mjs', ['--cart', '7', '--fault', '429']);
    const goodEnd = await good.ended;
    const bad = playground.play(place, 'run.mjs', ['--cart', '15']);
    const badEnd = await bad.ended;

    expect(goodEnd, good.said()).toEqual({ code: 0, signal: null });
    expect(good.said()).toMatch(/fetch_products .*retry in (1\.\ds|\d{1,3}ms)/);
    expect(badEnd, bad.said()).toEqual({ code: 1, signal: null });
    expect(bad.said()).toContain('Product 9 (Brass plumb bob): 5 wanted, 3 in stock');
  });

  test.each([
    [['--cart', 'three'], '--cart takes'],
    [['--cart', '1', '--fault', 'flood'], 'fault must be one of'],
    [['--cart', '1', '--fault', '503', '--times', '0'], 'times must be'],
    [['--basket', '1'], '--basket'],
  ])('npm run order refuses %j with usage and exit code 2', async (args, message) => {
    const run = playground.play(playground.folder(), 'run.mjs', args);

    expect(await run.ended).toEqual({ code: 2, signal: null });
    expect(run.said()).toContain(message);
    expect(run.said()).toContain('usage: npm run order');
  });

  test('npm start refuses an option that it does not know with usage and exit code 2', async () => {
    const run = playground.play(playground.folder(), 'start.mjs', ['--stay']);

    expect(await run.ended).toEqual({ code: 2, signal: null });
    expect(run.said()).toContain('usage: npm start [-- --exit]');
  });
});
