import { VERSION } from '../version.ts';
import type { Toolbox } from './toolbox.ts';

/** The real parts, each loaded at its first use: `tasker --help` must not wait for a database driver. */
export function createToolbox(): Toolbox {
  return {
    async createTasker(options) {
      const { createTasker } = await import('../tasker.ts');
      return createTasker(options);
    },
    async loadModule(path) {
      const { loadModule } = await import('../kernel/load-module.ts');
      return loadModule(path);
    },
    async migrationScript(schema) {
      const [{ migrationSql }, { MIGRATIONS }] = await Promise.all([
        import('../db/migrate.ts'),
        import('../store/migrations.generated.ts'),
      ]);
      return migrationSql({ schema, migrations: MIGRATIONS });
    },
    version: () => VERSION,
  };
}
