import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { graphqlFieldPermissions } from '../../src/api/graphql/schema.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { PermanentError } from '../../src/kernel/handler-errors.ts';
import { by } from '../engine/lab.ts';
import { docBlocks } from '../gates/doc-blocks.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startService } from './service.ts';

const FILE = 'docs/graphql.md';
const TEXT = readFileSync(path.resolve(import.meta.dirname, '../..', FILE), 'utf8');

describe('the page about GraphQL', () => {
  test('names every query and mutation with its permission', () => {
    const rows = TEXT.split('\n').filter((line) => line.startsWith('| `'));
    for (const { field, permission } of graphqlFieldPermissions()) {
      const [type, name = ''] = field.split('.');
      const isEntry = type === 'Query' || type === 'Mutation';
      const named = isEntry ? new RegExp(`\`${name}[(\`]`) : new RegExp(`\`${field}\``);
      const row = rows.find((line) => named.test(line)) ?? '';

      expect([field, row.includes(`\`${permission}\``)]).toEqual([field, true]);
    }
  });
});

/** What the page speaks of: task 1 is complete, tasks 2 and 3 failed. */
const order = defineTask({ name: 'process_order' }, (t) => {
  const cart = t.step('fetch_cart', {}, () => ({ total: 5 }));
  t.step('charge_card', { dependsOn: { cart } }, ({ context }) => {
    if (JSON.stringify(context).includes('fails')) throw new PermanentError('declined');
    return { paid: true };
  });
});

describeOnEachDatabase('the examples of the page about GraphQL', (database) => {
  test('are answered without an error, in the order in which they stand there', async () => {
    const service = await startService(database);
    const { tasker } = service.engine;
    await tasker.register(order);
    for (const context of [{ cart_id: 123 }, { fails: 1 }, { fails: 2 }]) {
      const { taskId } = await tasker.create('process_order', { ...by, context });
      await tasker.waitFor(taskId, { timeout: '30s' });
    }
    const examples = docBlocks(FILE, TEXT).filter(({ language }) => language === 'graphql');

    expect(examples).toHaveLength(7);
    for (const { code, line } of examples) {
      const { status, errors } = await service.ask(code);
      expect([line, status, errors]).toEqual([line, 200, []]);
    }
    await service.finish();
  });
});
