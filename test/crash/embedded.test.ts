import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectPglite } from '../../src/db/pglite.ts';
import { until } from '../support/engine.ts';
import { openChildLab, type ChildLab } from '../support/child-worker.ts';
import { assertInvariants } from '../support/invariants.ts';
import { begins, compile, hasBegun, SCHEMA, SHORT_LEASE } from './lab.ts';

describe('an embedded database whose process dies [pglite]', () => {
  let lab: ChildLab;
  beforeAll(compile);
  beforeEach(() => {
    lab = openChildLab(SCHEMA);
  });
  afterEach(() => lab.close());

  const start = () =>
    lab.start({ embedded: { directory: join(lab.directory, 'data') } }, SHORT_LEASE);
  const hasEnded = (taskId: number, step: string): boolean =>
    lab
      .witnessed()
      .some((line) => line.moment === 'end' && line.taskId === taskId && line.step === step);

  test('opens in the next process at once, and the order completes there', async () => {
    const first = start();
    await first.ready;
    const order = await first.create('diamond', {
      context: { plan: { b: { hold: lab.holdFile('go') } } },
    });
    // d's other parent has handed over its result, and has nothing left to store, once a later task of the same worker is through.
    await until('b runs and c is done', () => hasBegun(lab, order, 'b') && hasEnded(order, 'c'));
    const later = await first.create('chain', { context: {} });
    await until('a later task is done', () => hasEnded(later, 'l9'));
    await first.kill();
    lab.release('go');
    const second = start();
    await second.ready;
    await until('the order is done', () => hasEnded(order, 'd'));
    second.signal('SIGTERM');
    expect(await second.ended).toEqual({ code: 0, signal: null });
    expect(begins(lab.witnessed(), order)).toEqual({ a: 1, b: 2, c: 1, d: 1 });
    const db = await connectPglite({ directory: join(lab.directory, 'data') });
    try {
      const { rows } = await db.query({
        text: `select status::text from ${SCHEMA}.tasks order by task_id`,
      });
      expect(rows).toEqual([{ status: 'complete' }, { status: 'complete' }]);
      await assertInvariants(db, SCHEMA);
    } finally {
      await db.close();
    }
  });

  test('is refused to a second process while the first lives, with the pid of the first', async () => {
    const owner = start();
    await owner.ready;
    const second = start();
    await expect(second.ready).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      details: { pid: owner.pid },
    });
    expect(await second.ended).toEqual({ code: 3, signal: null });
    expect(owner.hasEnded()).toBe(false);
  });
});
