import { expect, test } from 'vitest';
import { defineTask } from './define-task.ts';
import { fromDocument, toDocument } from './document.ts';

test('the hash follows what matters at run time and nothing else', () => {
  const hash = (
    options: { readonly width?: number; readonly description?: string; readonly version?: string },
    step = 'a',
  ): string =>
    defineTask({ name: 'order', ...options }, (t) => void t.step(step, {}, () => null)).definition
      .contentHash;
  expect(hash({ description: 'other', version: '2.0.0' })).toBe(hash({}));
  expect(hash({ width: 2 })).not.toBe(hash({}));
  expect(hash({}, 'b')).not.toBe(hash({}));
  expect(hash({})).toMatch(/^[0-9a-f]{64}$/);
});

test('a stored definition comes back as it was', () => {
  const task = defineTask(
    {
      name: 'order',
      schema: { type: 'object', properties: { id: { type: 'integer' } } },
      identity: 'key',
      width: 3,
      priority: -5,
    },
    (t) => {
      const a = t.step(
        'a',
        { handlerConfig: { list: [1, null, { deep: true }] }, resultSchema: { type: 'number' } },
        () => 1,
      );
      t.step(
        'b',
        {
          dependsOn: { a },
          timeout: '3d',
          backoff: { strategy: 'fixed', base: '1ms', max: '2ms', jitter: 'equal' },
        },
        'Named',
      );
    },
  );
  const stored: unknown = JSON.parse(JSON.stringify(toDocument(task.definition)));
  expect(fromDocument(stored as Parameters<typeof fromDocument>[0])).toEqual(task.definition); // sound: JSON.parse gives JSON
});

test('refuses to read a stored document that it did not write', () => {
  const document = toDocument(
    defineTask({ name: 'order' }, (t) => void t.step('a', {}, () => null)).definition,
  );
  const faulty = { ...(document as Record<string, never>), format: 2 }; // sound: a document is an object
  expect(() => fromDocument(faulty)).toThrow(expect.objectContaining({ code: 'DATABASE_FAULT' }));
  expect(() => fromDocument([])).toThrow(expect.objectContaining({ code: 'DATABASE_FAULT' }));
});
