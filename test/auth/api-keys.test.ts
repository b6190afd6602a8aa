import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/db/db.ts';
import { permissionsOf } from '../../src/contract/permissions.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

describeOnEachDatabase('API keys', (database) => {
  let engine: Engine;
  const statements: string[] = [];
  beforeAll(async () => {
    engine = await startEngine(database, { worker: false }, (db) => counted(db, statements));
  });
  afterAll(() => engine.finish());

  const create = (more: object = {}) =>
    engine.tasker.apiKeys.create({ name: 'deploy', grants: ['operator'], by: 'ann', ...more });
  /** Another process: it remembers nothing of what this one does. */
  const elsewhere = () => startEngine(database, { worker: false, schema: engine.schema });

  test('a key is shown once, recognised, and stored only as a digest', async () => {
    const made = await create({ namespaces: ['shop', 'billing'] });

    expect(made.key).toMatch(/^tk_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$/);
    expect(made.key).toContain(`tk_${made.keyId}_`);
    const recognised = await engine.tasker.apiKeys.authenticate(made.key);
    expect(recognised).toEqual({
      id: `key:${made.keyId}:deploy`,
      permissions: permissionsOf(['operator']),
      namespaces: ['shop', 'billing'],
    });
    const secret = made.key.split('_').slice(2).join('_');
    const [row] = await engine.sql('select k::text as text from {schema}.api_keys as k');
    expect(String(row?.['text'])).not.toContain(secret);
    const [listed] = (await engine.tasker.apiKeys.list()).filter((k) => k.keyId === made.keyId);
    const { key: _, ...info } = made;
    expect(listed).toEqual({ ...info, lastUsedAt: expect.any(Date) });
  });

  test('a wrong secret, another id and other texts are nobody', async () => {
    const { key, keyId } = await create();
    const [last = '', another = ''] = [key.at(-1), key.at(-2)];
    const wrong = [
      key.slice(0, -1) + (last === 'A' ? 'E' : 'A'),
      key.replace(keyId, 'aaaaaaaa'),
      key.toUpperCase(),
      `${key}${another}`,
      key.slice(0, -1),
      ` ${key}`,
      keyId,
      '',
      "tk_aaaaaaaa_' or 1=1 --",
      `tk_${keyId}_\u0000`,
    ];

    for (const text of wrong)
      expect(await engine.tasker.apiKeys.authenticate(text), text).toBe(null);
  });

  test('an expired key is refused from its moment on, by the clock of the database', async () => {
    const { key, keyId, expiresAt, createdAt } = await create({ expiresIn: '2h' });
    expect(expiresAt?.getTime()).toBe(createdAt.getTime() + 2 * HOUR);
    expect(await engine.tasker.apiKeys.authenticate(key)).not.toBe(null);

    await engine.advanceClock(2 * HOUR + 1);

    const other = await elsewhere();
    expect(await other.tasker.apiKeys.authenticate(key)).toBe(null);
    await other.tasker.stop();
    expect((await find(keyId))?.state).toBe('expired');
  });

  test('a revoked key is refused at once in this process and in a new one, and stays revoked', async () => {
    const { key, keyId } = await create();
    expect(await engine.tasker.apiKeys.authenticate(key)).not.toBe(null);

    const revoked = await engine.tasker.apiKeys.revoke(keyId, 'bob');

    expect(revoked).toMatchObject({
      state: 'revoked',
      revokedBy: 'bob',
      revokedAt: expect.any(Date),
    });
    expect(await engine.tasker.apiKeys.authenticate(key)).toBe(null);
    const other = await elsewhere();
    expect(await other.tasker.apiKeys.authenticate(key)).toBe(null);
    await other.tasker.stop();
    const again = await engine.tasker.apiKeys.revoke(keyId, 'carol');
    expect(again).toEqual(revoked);
  });

  test('a rotated key goes on for the overlap, and its successor has the same powers and lifetime', async () => {
    const old = await create({ namespaces: ['shop'], expiresIn: '90d' });
    await engine.advanceClock(HOUR);

    const next = await engine.tasker.apiKeys.rotate(old.keyId, { overlap: '2h' }, 'bob');

    expect(next).toMatchObject({
      name: 'deploy',
      grants: ['operator'],
      namespaces: ['shop'],
      createdBy: 'bob',
    });
    expect((next.expiresAt?.getTime() ?? 0) - next.createdAt.getTime()).toBe(90 * 24 * HOUR);
    const replaced = await find(old.keyId);
    expect(replaced).toMatchObject({ state: 'active', replacedBy: next.keyId });
    // Two statements of one transaction, each with its own moment.
    const overlapMs = (replaced?.expiresAt?.getTime() ?? 0) - next.createdAt.getTime();
    expect(overlapMs).toBeGreaterThanOrEqual(2 * HOUR);
    expect(overlapMs).toBeLessThan(2 * HOUR + 5_000);
    for (const { key } of [old, next])
      expect(await engine.tasker.apiKeys.authenticate(key)).not.toBe(null);

    await engine.advanceClock(2 * HOUR + 1);

    const other = await elsewhere();
    expect(await other.tasker.apiKeys.authenticate(old.key)).toBe(null);
    expect(await other.tasker.apiKeys.authenticate(next.key)).not.toBe(null);
    await other.tasker.stop();
  });

  test('an overlap of nothing ends the old key at once, and never lengthens its life', async () => {
    const [short, long] = [await create({ expiresIn: '1h' }), await create()];
    await engine.tasker.apiKeys.authenticate(long.key);

    await engine.tasker.apiKeys.rotate(long.keyId, { overlap: 0 }, 'bob');
    await engine.tasker.apiKeys.rotate(short.keyId, {}, 'bob');

    expect(await engine.tasker.apiKeys.authenticate(long.key)).toBe(null);
    expect((await find(short.keyId))?.expiresAt).toEqual(short.expiresAt);
  });

  test('a key that is revoked, expired or replaced is not rotated', async () => {
    const [revoked, expired, replaced] = [
      await create(),
      await create({ expiresIn: '1s' }),
      await create(),
    ];
    await engine.tasker.apiKeys.revoke(revoked.keyId, 'bob');
    const { keyId } = await engine.tasker.apiKeys.rotate(replaced.keyId, {}, 'bob');
    await engine.advanceClock(1_001);

    for (const [key, state] of [
      [revoked, 'is revoked'],
      [expired, 'has expired'],
      [replaced, `was replaced by ${keyId}`],
    ] as const)
      await expect(engine.tasker.apiKeys.rotate(key.keyId, {}, 'bob')).rejects.toMatchObject({
        code: 'API_KEY_STATE_CONFLICT',
        details: { state },
      });
  });

  test('of two rotations at once, one makes a successor', async () => {
    const { keyId } = await create();

    const ends = await Promise.allSettled([
      engine.tasker.apiKeys.rotate(keyId, {}, 'ann'),
      engine.tasker.apiKeys.rotate(keyId, {}, 'bob'),
    ]);

    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('an id may be given as the key shows it, and a secret is not repeated in a refusal', async () => {
    const { key, keyId } = await create();

    expect((await engine.tasker.apiKeys.revoke(key, 'bob')).keyId).toBe(keyId);
    const refusal = engine.tasker.apiKeys.revoke(`x${key}`, 'bob');
    await expect(refusal).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    await expect(refusal).rejects.not.toThrow(key.slice(12, 30));
    await expect(engine.tasker.apiKeys.revoke('aaaaaaaa', 'bob')).rejects.toMatchObject({
      code: 'API_KEY_NOT_FOUND',
    });
    await expect(engine.tasker.apiKeys.rotate('aaaaaaaa', {}, 'bob')).rejects.toMatchObject({
      code: 'API_KEY_NOT_FOUND',
    });
  });

  test.each([
    ['a bare star', { grants: ['*'] }, '"*" is neither a role'],
    ['an unknown grant', { grants: ['viewer', 'tasks:crate'] }, 'Did you mean "tasks:create"?'],
    ['no grant', { grants: [] }, 'at least one role'],
    ['grants that are no list', { grants: 'admin' }, 'grants must be a list'],
    ['no name', { name: '' }, 'name must have 1 to 64'],
    ['a name with NUL', { name: 'a\u0000' }, 'cannot be stored'],
    ['no namespace in the list', { namespaces: [] }, 'at least one, or be left out'],
    ['a life of nothing', { expiresIn: 0 }, 'longer than nothing'],
    ['a life that is no duration', { expiresIn: 'soon' }, 'not a duration'],
    ['nobody who makes it', { by: '' }, 'by must have 1 to 128'],
  ])('refuses %s and stores nothing', async (_, more, problem) => {
    const before = await engine.tasker.apiKeys.list();

    await expect(create(more)).rejects.toThrow(problem);

    expect(await engine.tasker.apiKeys.list()).toHaveLength(before.length);
  });

  test('grants that the table no longer knows are worth nothing', async () => {
    const { key, keyId } = await create();
    await engine.sql(
      `update {schema}.api_keys set grants = '{*,tasks:everything}' where key_id = $1`,
      [keyId],
    );

    expect((await engine.tasker.apiKeys.authenticate(key))?.permissions.size).toBe(0);
  });

  test('a request with a known key costs no statement, and its use is recorded once a minute', async () => {
    const { key, keyId } = await create();
    statements.length = 0;
    for (let i = 0; i < 50; i += 1) await engine.tasker.apiKeys.authenticate(key);

    expect(statements.map((text) => /^\s*(\w+)/.exec(text)?.[1])).toEqual(['select', 'update']);
    const first = (await find(keyId))?.lastUsedAt;
    expect(first).toBeInstanceOf(Date);

    await engine.advanceClock(MINUTE - 5_000);
    const early = await elsewhere();
    await early.tasker.apiKeys.authenticate(key);
    await early.tasker.stop();
    expect((await find(keyId))?.lastUsedAt).toEqual(first);

    await engine.advanceClock(5_000);
    const late = await elsewhere();
    await late.tasker.apiKeys.authenticate(key);
    await late.tasker.stop();
    expect((await find(keyId))?.lastUsedAt?.getTime()).toBeGreaterThanOrEqual(
      (first?.getTime() ?? 0) + MINUTE,
    );
  });

  const find = async (keyId: string) =>
    (await engine.tasker.apiKeys.list()).find((key) => key.keyId === keyId);
});

/** The same database, with every statement written down. */
function counted(db: Db, statements: string[]): Db {
  return {
    ...db,
    query: (statement) => {
      statements.push(statement.text);
      return db.query(statement);
    },
  };
}
