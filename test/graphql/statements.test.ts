import { expect, test } from 'vitest';
import type { Db, Connection } from '../../src/db/db.ts';
import { by } from '../engine/lab.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startService, type Service } from './service.ts';

describeOnEachDatabase('GraphQL reads', (database) => {
  test('nested lists with a number of statements that does not grow with the tasks', async () => {
    const statements: string[] = [];
    const service = await startService(database, {
      worker: false,
      between: (db) => counted(db, statements),
    });
    const { tasker } = service.engine;
    const requests = Array.from({ length: 50 }, (_, cart) => ({ ...by, context: { cart } }));
    for (const { taskId } of await tasker.createMany('shop/order', requests))
      await tasker.annotate(taskId, 'note', { taskId });
    const statementsOf = async (query: string): Promise<number> => {
      const before = statements.length;
      await expectData(service, query);
      return statements.length - before;
    };

    for (const selection of [
      'taskId workflowSteps { name parents { name } } taskAnnotations { annotation }',
      'namedTask { name } workflowSteps { name task { taskId } createdAt namedStep { name } }',
      'context workflowSteps { inputs results } taskAnnotations { annotationType { name } task { name } }',
    ]) {
      const one = await statementsOf(`{ tasks(limit: 1) { ${selection} } }`);
      const fifty = await statementsOf(`{ tasks(limit: 50) { ${selection} } }`);
      expect([selection, fifty]).toEqual([selection, one]);
      expect(fifty).toBeLessThanOrEqual(4);
    }
    await service.finish();
  });
});

async function expectData(service: Service, query: string): Promise<void> {
  const { status, errors } = await service.ask(query);
  expect([status, errors]).toEqual([200, []]);
}

/** The same database, with the texts of its statements kept. */
function counted(db: Db, statements: string[]): Db {
  const query: Connection['query'] = (statement) => {
    statements.push(statement.text);
    return db.query(statement);
  };
  return { ...db, query };
}
