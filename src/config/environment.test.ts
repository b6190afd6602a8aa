import { expect, test } from 'vitest';
import { readEnvironment } from './environment.ts';

test('an empty environment says nothing', () => {
  const environment = readEnvironment({});
  expect(environment.databaseUrl).toBeUndefined();
  expect(environment.schema).toBeUndefined();
  expect(environment.dataDirectory).toBeUndefined();
  expect(environment.concurrency).toBeUndefined();
  expect(environment.name).toBe('development');
  expect(environment.colour).toBe('auto');
  expect(environment.debug).toBe(false);
});

test.each([
  ['DATABASE_URL', 'databaseUrl'],
  ['TASKER_SCHEMA', 'schema'],
  ['TASKER_DATA_DIR', 'dataDirectory'],
  ['TASKER_HOST', 'host'],
  ['TASKER_URL', 'url'],
  ['TASKER_API_KEY', 'apiKey'],
] as const)('an empty %s is an error when it is read, never "not set"', (variable, key) => {
  const environment = readEnvironment({ [variable]: ' ' });
  expect(() => environment[key]).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', exitCode: 78 }),
  );
});

test.each(['4abc', '0', '-1', '1.5', '', '10001'])('TASKER_CONCURRENCY=%s is refused', (value) => {
  const environment = readEnvironment({ TASKER_CONCURRENCY: value });
  expect(() => environment.concurrency).toThrow(/TASKER_CONCURRENCY.*whole number from 1 to 10000/);
});

test.each(['70000', '-1', 'http', ''])('TASKER_PORT=%s is refused', (value) => {
  const environment = readEnvironment({ TASKER_PORT: value });
  expect(() => environment.port).toThrow(/TASKER_PORT.*whole number from 0 to 65535/);
});

test('TASKER_PORT is a number, 0 for a free one', () => {
  expect(readEnvironment({ TASKER_PORT: '0' }).port).toBe(0);
});

test('TASKER_CONCURRENCY is a number', () => {
  expect(readEnvironment({ TASKER_CONCURRENCY: '8' }).concurrency).toBe(8);
});

test('TASKER_ENV comes before NODE_ENV', () => {
  expect(readEnvironment({ NODE_ENV: 'production' }).name).toBe('production');
  expect(readEnvironment({ NODE_ENV: 'production', TASKER_ENV: 'staging' }).name).toBe('staging');
});

test('a secret is the variable with its prefix, and nothing else', () => {
  const environment = readEnvironment({ TASKER_SECRET_SHOP: 'x', SHOP: 'y' });
  expect(environment.secret('SHOP')).toBe('x');
  expect(environment.secret('OTHER')).toBeUndefined();
});

test.each([
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, 'never'],
  [{ FORCE_COLOR: '1' }, 'always'],
  [{ FORCE_COLOR: '0' }, 'never'],
  [{ TERM: 'dumb' }, 'never'],
  [{ NO_COLOR: '' }, 'auto'],
] as const)('colours of %j are %s', (variables, colour) => {
  expect(readEnvironment(variables).colour).toBe(colour);
});
