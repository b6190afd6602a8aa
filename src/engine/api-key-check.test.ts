import { expect, test } from 'vitest';
import type { UsableApiKey } from '../store/api-keys/find-api-key.ts';
import { createApiKeyCheck, digestOf } from './api-key-check.ts';

const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ';
const KEY = `tk_aaaaaaaa_${SECRET}`;

const stored = (key: string, more: Partial<UsableApiKey> = {}): UsableApiKey => ({
  keyId: key.slice(3, 11),
  digest: digestOf(key),
  name: 'a',
  grants: ['viewer'],
  namespaces: null,
  usableMs: null,
  isUseStale: false,
  ...more,
});

function setup(keys: readonly UsableApiKey[]) {
  const calls = {
    find: [] as string[],
    use: [] as string[],
    compared: [] as (readonly [Buffer, Buffer])[],
  };
  const clock = { now: 0 };
  const check = createApiKeyCheck({
    find: (keyId) => {
      calls.find.push(keyId);
      return Promise.resolve(keys.find((key) => key.keyId === keyId) ?? null);
    },
    noteUse: (keyId) => Promise.resolve(void calls.use.push(keyId)),
    now: () => clock.now,
    isEqual: (one, two) => {
      calls.compared.push([one, two]);
      return one.equals(two);
    },
  });
  return { check, calls, clock };
}

test('every key of the right form costs one comparison of two digests, however much of it is right', async () => {
  const { check, calls } = setup([stored(KEY)]);
  // 1,000 wrong keys that share the first 0 to 31 characters of the secret with the right one.
  const wrong = Array.from({ length: 1_000 }, (_, index) => {
    const right = index % 32;
    const rest = `${index}`.padStart(SECRET.length - right, '-');
    return `tk_aaaaaaaa_${SECRET.slice(0, right)}${rest}`;
  });
  const unknown = `tk_bbbbbbbb_${SECRET}`;

  for (const key of [...wrong, unknown]) expect(await check.authenticate(key)).toBe(null);
  expect(await check.authenticate(KEY)).not.toBe(null);

  expect(calls.compared).toHaveLength(1_002);
  expect(calls.compared.every((pair) => pair.every((digest) => digest.length === 32))).toBe(true);
  // What is compared says nothing about how much was right: the digests of near keys are not near.
  const common = calls.compared.slice(0, 1_000).map(([one, two]) => commonBytes(one, two));
  expect(Math.max(...common)).toBeLessThan(6);
});

test('a key is remembered for thirty seconds, and looked up once for all who ask at the same time', async () => {
  const { check, calls, clock } = setup([stored(KEY)]);

  await Promise.all(Array.from({ length: 20 }, () => check.authenticate(KEY)));
  clock.now = 29_999;
  await check.authenticate(KEY);
  expect(calls.find).toHaveLength(1);

  clock.now = 30_000;
  await check.authenticate(KEY);
  expect(calls.find).toHaveLength(2);
});

test('a key is never remembered beyond its expiry', async () => {
  const { check, calls, clock } = setup([stored(KEY, { usableMs: 500 })]);
  await check.authenticate(KEY);

  clock.now = 500;
  await check.authenticate(KEY);

  expect(calls.find).toHaveLength(2);
});

test('a key that is forgotten while it is being looked up is looked up again', async () => {
  const { check, calls } = setup([stored(KEY)]);
  const first = check.authenticate(KEY);
  check.forget('aaaaaaaa');
  await first;

  await check.authenticate(KEY);

  expect(calls.find).toHaveLength(2);
});

test('ids that nobody has take no room, and a failed look is not remembered', async () => {
  const { check, calls } = setup([stored(KEY)]);
  await check.authenticate(KEY);
  for (let index = 0; index < 1_500; index += 1)
    await check.authenticate(
      `tk_${index
        .toString(32)
        .replaceAll(/[0189]/g, 'z')
        .padStart(8, 'c')}_${SECRET}`,
    );
  calls.find.length = 0;
  await check.authenticate(KEY);
  expect(calls.find).toEqual([]);

  let isDown = true;
  const flaky = createApiKeyCheck({
    find: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(stored(KEY))),
    noteUse: () => Promise.resolve(),
    now: () => 0,
  });
  await expect(flaky.authenticate(KEY)).rejects.toThrow('down');
  isDown = false;
  expect(await flaky.authenticate(KEY)).not.toBe(null);
});

test('the use of a key is noted only once it is proved', async () => {
  const { check, calls } = setup([stored(KEY, { isUseStale: true })]);

  await check.authenticate(`${KEY.slice(0, -1)}x`);
  expect(calls.use).toEqual([]);
  await check.authenticate(KEY);
  await check.authenticate(KEY);
  expect(calls.use).toEqual(['aaaaaaaa']);
});

function commonBytes(one: Buffer, two: Buffer): number {
  const first = one.findIndex((byte, index) => byte !== two[index]);
  return first === -1 ? one.length : first;
}
