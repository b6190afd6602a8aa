import { afterEach, expect, test, vi } from 'vitest';
import { createTasker } from '../../src/tasker.ts';

afterEach(() => vi.unstubAllEnvs());

const embedded = { database: { embedded: { directory: null } }, worker: false } as const;

test('the schema is the one that TASKER_SCHEMA names, as on the command line, unless an option names another', async () => {
  vi.stubEnv('TASKER_SCHEMA', 'from_environment');
  const schemas: string[] = [];

  for (const options of [embedded, { ...embedded, schema: 'from_option' }]) {
    const tasker = createTasker(options);
    await tasker.start();
    schemas.push((await tasker.about()).schema);
    await tasker.stop();
  }

  expect(schemas).toEqual(['from_environment', 'from_option']);
});

test('an empty TASKER_SCHEMA is refused, and does not matter where an option says the schema', () => {
  vi.stubEnv('TASKER_SCHEMA', '');

  expect(() => createTasker(embedded)).toThrow(/TASKER_SCHEMA/);
  expect(() => createTasker({ ...embedded, schema: 'tasker' })).not.toThrow();
});
