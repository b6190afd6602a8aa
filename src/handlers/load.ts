import { isTaskerError, TaskerError } from '../kernel/errors.ts';
import { loadModule } from '../kernel/load-module.ts';
import type { ModuleSource } from '../kernel/modules.ts';
import { didYouMean } from '../kernel/nearest.ts';
import type { StepHandler } from '../model/handler-context.ts';
import { isStepHandler } from './bind-handler.ts';

/**
 * Loads the handler behind a reference such as `./steps/cart.ts#fetchCart`.
 *
 * @param path absolute path of the module
 * @param exportName what stands after `#`; `default` is the default export
 * @param modules @default the modules of this process, each loaded once
 * @throws TaskerError `HANDLER_NOT_LOADED` when the module does not load, lacks the export (the nearest one is suggested), or exports
 * something that is no handler
 */
export async function loadHandler(
  path: string,
  exportName: string,
  modules: ModuleSource = { load: loadModule },
): Promise<StepHandler> {
  const handler = `${path}#${exportName}`;
  const exports = await load(modules, path, handler);
  if (!Object.hasOwn(exports, exportName)) {
    const names = Object.keys(exports).filter((name) => isStepHandler(exports[name]));
    const known =
      names.length === 0
        ? ' It exports no handler.'
        : ` It exports ${names.toSorted().join(', ')}.`;
    throw new TaskerError('HANDLER_NOT_LOADED', {
      handler,
      problem: `the file has no export "${exportName}".${didYouMean(exportName, names) || known}`,
    });
  }
  const value = exports[exportName];
  if (isStepHandler(value)) return value;
  throw new TaskerError('HANDLER_NOT_LOADED', {
    handler,
    problem: `the export is ${value === null ? 'null' : typeof value}, not a function, a class or an object with call(ctx)`,
  });
}

async function load(
  modules: ModuleSource,
  path: string,
  handler: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await modules.load(path);
  } catch (error) {
    if (isTaskerError(error)) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new TaskerError('HANDLER_NOT_LOADED', { handler, problem }, { cause: error });
  }
}
