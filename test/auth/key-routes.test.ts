import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi, type TaskerApi } from '../../src/api/app.ts';
import { apiKeys } from '../../src/api/auth/api-keys.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';

describeOnEachDatabase('the routes of API keys', (database) => {
  let engine: Engine;
  let api: TaskerApi;
  beforeAll(async () => {
    engine = await startEngine(database, { worker: false });
    api = createApi(engine.tasker, { authenticate: apiKeys(engine.tasker) });
  });
  afterAll(async () => {
    await api.close();
    await engine.finish();
  });

  const holder = (grants: readonly string[], namespaces?: readonly string[]) =>
    engine.tasker.apiKeys.create({
      name: 'holder',
      grants,
      by: 'ann',
      ...(namespaces === undefined ? {} : { namespaces }),
    });
  async function call(key: string, request: string, body?: object) {
    const [method = 'GET', path = ''] = request.split(' ');
    const response = await api.fetch(
      new Request(`http://localhost/tasker${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  }

  test('an administrator makes, sees, rotates and revokes keys', async () => {
    const admin = await holder(['admin']);

    const made = await call(admin.key, 'POST /api_keys', {
      name: 'shop',
      grants: ['submitter'],
      namespaces: ['shop'],
      expires_in: '90d',
    });
    expect(made).toMatchObject({
      status: 201,
      answer: {
        key: expect.stringMatching(/^tk_/),
        api_key: { name: 'shop', created_by: `key:${admin.keyId}:holder`, revoked_at: null },
      },
    });
    const { key, api_key } = made.answer as { key: string; api_key: { key_id: string } }; // sound: looked at above
    const seen = await call(admin.key, 'GET /api_keys');
    expect(JSON.stringify(seen.answer)).toContain(api_key.key_id);
    expect(JSON.stringify(seen.answer)).not.toContain(key.slice(12));

    const turned = await call(admin.key, `POST /api_keys/${api_key.key_id}/rotate`, {
      overlap: '1h',
    });
    expect(turned).toMatchObject({ status: 201, answer: { api_key: { namespaces: ['shop'] } } });
    const ended = await call(admin.key, `DELETE /api_keys/${api_key.key_id}`);
    expect(ended.status).toBe(200);
    expect(await call(key, 'GET /definitions')).toMatchObject({ status: 401 });
  });

  test('nobody makes, takes over, ends or sees a key with more power than theirs', async () => {
    const keeper = await holder(['system:admin']);
    const local = await holder(['admin'], ['shop']);
    const target = await holder(['admin']);
    const before = (await engine.tasker.apiKeys.list()).length;

    for (const { key } of [keeper, local]) {
      const attempts = [
        await call(key, 'POST /api_keys', { name: 'more', grants: ['operator'] }),
        await call(key, `POST /api_keys/${target.keyId}/rotate`, {}),
        await call(key, `POST /api_keys/tk_${target.keyId}/rotate`, {}),
        await call(key, `DELETE /api_keys/${target.keyId}`),
      ];
      expect(attempts.map(({ status }) => status)).toEqual([403, 403, 404, 403]);
      const seen = JSON.stringify((await call(key, 'GET /api_keys')).answer);
      expect(seen).not.toContain(target.keyId);
    }
    expect(await engine.tasker.apiKeys.list()).toHaveLength(before);
    expect(await engine.tasker.apiKeys.authenticate(target.key)).not.toBe(null);
    const within = await call(local.key, 'POST /api_keys', {
      name: 'less',
      grants: ['viewer'],
      namespaces: ['shop'],
    });
    expect(within.status).toBe(201);
  });

  test('an operator has nothing to do with keys', async () => {
    const { key, keyId } = await holder(['operator']);

    for (const request of [
      'GET /api_keys',
      'POST /api_keys',
      `POST /api_keys/${keyId}/rotate`,
      `DELETE /api_keys/${keyId}`,
    ]) {
      const body = request.startsWith('POST') ? { name: 'a', grants: ['viewer'] } : undefined;
      expect(await call(key, request, body)).toMatchObject({
        status: 403,
        answer: { detail: 'This needs the permission system:admin' },
      });
    }
  });

  test.each([
    ['a bare star', { name: 'a', grants: ['*'] }],
    ['an unknown grant', { name: 'a', grants: ['tasks:everything'] }],
    ['an unknown field', { name: 'a', grants: ['viewer'], key: 'tk_mine' }],
    ['no grants', { name: 'a', grants: [] }],
    ['an endless life', { name: 'a', grants: ['viewer'], expires_in: '99999d' }],
  ])('%s is refused', async (_, body) => {
    const { key } = await holder(['admin']);
    const before = (await engine.tasker.apiKeys.list()).length;

    const answer = await call(key, 'POST /api_keys', body);

    expect(answer.status).toBe(422);
    expect(await engine.tasker.apiKeys.list()).toHaveLength(before);
  });
});
