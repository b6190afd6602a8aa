import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine } from '../support/engine.ts';
import { by, settled } from './lab.ts';

describeOnEachDatabase('handlers in files', (database) => {
  test('are found beside the definition as this process loaded it, not where another one had it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tasker-releases-'));
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    for (const release of [first, second]) {
      await mkdir(join(release, 'steps'), { recursive: true });
      await writeFile(
        join(release, 'work.yaml'),
        'name: work\nstep_templates:\n  - name: only\n    handler: ./steps/only.mjs#only\n',
      );
      await writeFile(
        join(release, 'steps/only.mjs'),
        `export const only = () => '${release === first ? 'first' : 'second'}';\n`,
      );
    }

    const worker = await startEngine(database);
    await worker.tasker.register(join(second, 'work.yaml'));
    const creator = await startEngine(database, { schema: worker.schema, worker: false });
    await creator.tasker.register(join(first, 'work.yaml'));
    const { taskId } = await creator.tasker.create('work', { context: {}, ...by });

    expect(await settled(worker.tasker, taskId)).toEqual(['only complete']);
    expect((await worker.tasker.step(taskId, 'only')).results).toBe('second');
    await creator.finish();
    await worker.finish();
    await rm(folder, { recursive: true });
  });
});
