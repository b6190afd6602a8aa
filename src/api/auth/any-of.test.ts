import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Authenticator, Principal } from '../../contract/principal.ts';
import { permissionsOf } from '../../contract/permissions.ts';
import { anyOf } from './any-of.ts';
import { createPermissionCheck } from './permission-check.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const REQUEST = new Request('http://localhost/tasks');
const ADA: Principal = { id: 'ada', permissions: permissionsOf(['viewer']), namespaces: null };
const nobody: Authenticator = () => null;
const failed = expect.objectContaining({ code: 'AUTHENTICATOR_FAILED', status: 503 });
const never = (): Promise<never> => new Promise(() => undefined);

test('the first that recognises somebody decides, and the others are not asked', async () => {
  const last = vi.fn(nobody);

  expect(await anyOf(nobody, () => Promise.resolve(ADA), last)(REQUEST)).toEqual(ADA);
  expect(last).not.toHaveBeenCalled();
});

test('nobody is recognised when no authenticator recognises anybody', async () => {
  const nothing = (() => undefined) as unknown as Authenticator; // sound: what a host in JavaScript may do

  expect(await anyOf(nobody, nothing)(REQUEST)).toBe(null);
  expect(await anyOf()(REQUEST)).toBe(null);
});

test.each<[string, Authenticator]>([
  [
    'throws',
    () => {
      throw new Error('secret detail');
    },
  ],
  ['rejects', () => Promise.reject(new Error('secret detail'))],
])('one that %s lets nobody in, and its reason is not told', async (_, broken) => {
  const answer = anyOf(broken, () => ADA)(REQUEST);

  await expect(answer).rejects.toThrow(failed);
  await expect(answer).rejects.not.toThrow('secret detail');
  await expect(answer).rejects.toMatchObject({ cause: { message: 'secret detail' } });
});

test('one that never answers lets nobody in after five seconds', async () => {
  const answer = anyOf(never, () => ADA)(REQUEST);
  const seen = answer.catch((error: unknown) => error);

  await vi.advanceTimersByTimeAsync(5_000);

  expect(await seen).toEqual(failed);
  expect(vi.getTimerCount()).toBe(0);
});

test('an answer within five seconds leaves no timer behind', async () => {
  await anyOf(() => ADA)(REQUEST);

  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ['text', 'ada'],
  ['true', true],
  ['without an id', { ...ADA, id: undefined }],
  ['with an empty id', { ...ADA, id: '' }],
  ['with an id that cannot be stored', { ...ADA, id: 'a\u0000' }],
  ['with an id that is too long', { ...ADA, id: 'a'.repeat(129) }],
  ['with a list of permissions', { ...ADA, permissions: ['admin'] }],
  ['without namespaces', { id: 'ada', permissions: ADA.permissions }],
  ['with a namespace that is no list', { ...ADA, namespaces: 'shop' }],
  ['with a namespace that is no text', { ...ADA, namespaces: [null] }],
])('a principal that is %s lets nobody in', async (_, given) => {
  const careless = (() => given) as unknown as Authenticator; // sound: what a host in JavaScript may do

  await expect(anyOf(careless)(REQUEST)).rejects.toThrow(failed);
});

const HERE = { namespace: 'shop', taskId: 1 };

test('the host is asked only after the table has said yes', async () => {
  const authorize = vi.fn(() => true);
  const check = createPermissionCheck(authorize);

  await check(ADA, 'tasks:read', HERE);
  expect(authorize).toHaveBeenCalledWith(ADA, 'tasks:read', HERE);
  await expect(check(ADA, 'tasks:cancel', HERE)).rejects.toMatchObject({
    code: 'FORBIDDEN',
    status: 403,
  });
  expect(authorize).toHaveBeenCalledTimes(1);
});

test('without a host the table decides', async () => {
  await expect(createPermissionCheck()(ADA, 'tasks:read', HERE)).resolves.toBe(undefined);
  await expect(createPermissionCheck()(ADA, 'tasks:create', HERE)).rejects.toThrow('tasks:create');
});

test.each([false, undefined, null, 1, 'yes', {}])(
  'the answer %s of a host means no',
  async (answer) => {
    const authorize = (() => answer) as unknown as () => boolean; // sound: what a host in JavaScript may do

    await expect(createPermissionCheck(authorize)(ADA, 'tasks:read', HERE)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  },
);

test('a host that throws or never decides allows nothing', async () => {
  const throwing = createPermissionCheck(() => {
    throw new Error('secret detail');
  });
  await expect(throwing(ADA, 'tasks:read', HERE)).rejects.toThrow(failed);

  const seen = createPermissionCheck(never)(ADA, 'tasks:read', HERE).catch(
    (error: unknown) => error,
  );
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await seen).toEqual(failed);
});
