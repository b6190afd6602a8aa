import { migrate } from '../../../src/db/migrate.ts';
import { MIGRATIONS } from '../../../src/store/migrations.generated.ts';
import type { Scenario } from '../scenario.ts';
import { claim } from '../verbs.ts';
import { pair } from './tasks.ts';

const NEXT = {
  name: '0002_hint',
  sql: 'alter table {schema}.workflow_steps add column hint integer;',
};

/** A newer version brings a column to the step table while a worker of this version claims. */
export const migrateClaim: Scenario = {
  name: 'migrate x claim',
  promise:
    'the migration is applied and the step claimed: each waits for the other, and neither is lost',
  async scene(stage) {
    await stage.sql('alter table {schema}.workflow_steps drop column if exists hint', []);
    await stage.sql('delete from {schema}.schema_migrations where version = 2', []);
    const taskId = await stage.create(pair);
    const worker = await stage.worker();
    return {
      taskIds: [taskId],
      actors: [
        { name: 'worker', act: (parts) => claim(parts, { workerId: worker, room: 1 }) },
        {
          name: 'migrator',
          async act({ db }) {
            const options = { schema: stage.schema, migrations: [...MIGRATIONS, NEXT] };
            return `applied ${(await migrate(db, options)).join()}`;
          },
        },
      ],
    };
  },
  outcomes: [
    'a in_progress, b pending | task in_progress · worker claimed 0 · migrator applied 0002_hint',
  ],
};
