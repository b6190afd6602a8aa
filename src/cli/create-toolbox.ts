import { VERSION } from '../version.ts';
import type { Toolbox } from './toolbox.ts';

/** The real parts, each loaded at its first use: `tasker --help` must not wait for a database driver. */
export function createToolbox(): Toolbox {
  return {
    async createTasker(options) {
      const { createTasker } = await import('../tasker.ts');
      return createTasker(options);
    },
    async startService(tasker, options) {
      const { startService } = await import('./start-service.ts');
      return startService(tasker, options);
    },
    async createClient(options) {
      const { createClient } = await import('../client/client.ts');
      return createClient(options);
    },
    async remoteTasker(client) {
      const { remoteTasker } = await import('./remote-tasker.ts');
      return remoteTasker(client);
    },
    async taskFilter(words) {
      const { readFilter } = await import('./read-filter.ts');
      return readFilter(words);
    },
    async watchFiles(watch) {
      const { watchFiles } = await import('./watch-files.ts');
      return watchFiles(watch);
    },
    async loadModule(path, { fresh = false } = {}) {
      const { createModules } = await import('../kernel/modules.ts');
      const modules = createModules();
      return (fresh ? modules.fresh() : modules).load(path);
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
