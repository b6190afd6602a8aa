import { expect, test } from 'vitest';
import { resolveApiOptions } from './settings.ts';

const resolve = (options: object): (() => unknown) => {
  return () => resolveApiOptions(options);
};

test('the defaults', () => {
  expect(resolveApiOptions({})).toMatchObject({
    basePath: '/tasker',
    authenticate: null,
    authorize: null,
    allowedHosts: null,
    allowedOrigins: [],
    rateLimit: { perSecond: 1_000, burst: 2_000 },
    maxBodyBytes: 2_097_152,
    bodyTimeoutMs: 10_000,
    maxConcurrent: 1_000,
    heartbeatMs: 15_000,
  });
});

test.each<[string, object, RegExp]>([
  ['a negative limit', { maxBodyBytes: -1 }, /maxBodyBytes: must be a whole number from/],
  ['half a limit', { maxConcurrent: 1.5 }, /maxConcurrent/],
  ['a limit that is text', { maxBodyBytes: '1mb' }, /maxBodyBytes/],
  ['an unknown option', { retires: 3 }, /retires: is not known/],
  ['a misspelt option', { basepath: '/x' }, /Did you mean "basePath"/],
  ['a base path without a slash', { basePath: 'tasker' }, /basePath/],
  ['a base path with a way out', { basePath: '/a/../b c' }, /basePath/],
  ['a base path with parameters', { basePath: '/a?b' }, /basePath/],
  ['no function as authenticator', { authenticate: true }, /authenticate/],
  ['null as authenticator', { authenticate: null }, /authenticate/],
  ['no function as authorizer', { authorize: 'yes' }, /authorize/],
  ['a silence of no time', { bodyTimeout: '0s' }, /bodyTimeout/],
  ['a heartbeat of a day', { heartbeat: '1d' }, /heartbeat/],
])('%s is refused, and the exit code is that of a wrong configuration', (_, options, message) => {
  expect(resolve(options)).toThrow(message);
  expect(resolve(options)).toThrow(expect.objectContaining({ exitCode: 78 }));
});
