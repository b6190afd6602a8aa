import { readEnvironment } from './config/environment.ts';
import type { DatabaseOptions, TaskerOptions } from './config/options.ts';
import { resolveOptions, type ResolvedOptions } from './config/resolve.ts';
import { checkDefinition } from './definition/check-definition.ts';
import { isDefinedTask } from './definition/define-task.ts';
import { loadDefinitions } from './definition/load-definitions.ts';
import { createRegistry, type Registry } from './definition/registry.ts';
import type { LoadedDefinition, TaskDefinition } from './definition/task-definition.ts';
import { createTasks } from './engine/create-task.ts';
import { checkId } from './engine/parts.ts';
import { getSteps, waitForTask } from './engine/queries.ts';
import type { TaskerEvents } from './engine/types.ts';
import { STEP_KINDS } from './handlers/kinds.ts';
import { loadHandler } from './handlers/load.ts';
import { createHandlerRegistry } from './handlers/registry.ts';
import { Emitter } from './kernel/emitter.ts';
import { TaskerError } from './kernel/errors.ts';
import type { Json } from './kernel/json.ts';
import type { TaskRequest } from './model/task.ts';
import { BACKOFF_STRATEGIES } from './retry/backoff.ts';
import { openDatabase, type OpenedDatabase } from './open-database.ts';
import { engineVerbs } from './engine-verbs.ts';
import { observe } from './observing.ts';
import { Runtime } from './runtime.ts';
import type { Tasker, TaskHandle } from './tasker-interface.ts';
import { VERSION } from './version.ts';

/**
 * Makes a Tasker. Nothing is connected before `start()`; definitions and handlers may be registered before and after.
 *
 * ```ts
 * const tasker = createTasker({ database: 'postgres://localhost/shop' });
 * await tasker.register('./tasks');
 * await tasker.start();
 * const { taskId } = await tasker.create('process_order', { context: { cart_id: 3 } });
 * await tasker.waitFor(taskId);
 * await tasker.stop();
 * ```
 *
 * @throws INVALID_OPTION naming the option and what is wrong with it
 */
export function createTasker(options: TaskerOptions = {}): Tasker {
  return assembleTasker(options, openDatabase);
}

/** The same, with the opening of the database as a parameter: for tests, which look at the same database from outside. */
export function assembleTasker(
  options: TaskerOptions,
  open: (database: DatabaseOptions) => Promise<OpenedDatabase>,
): Tasker {
  const resolved = resolveOptions(options, environmentDefaults());
  const events = new Emitter<TaskerEvents>((error, event) => {
    resolved.logger.error({ err: error, event }, 'a subscriber threw; nothing else was disturbed');
  });
  const registry = createRegistry();
  const handlers = createHandlerRegistry(resolved.handlers);
  const runtime = new Runtime({ options: resolved, registry, handlers, events, open });
  const observing = observe(runtime, resolved);
  /** Everything that can be wrong is told before the first definition is added. */
  const define = async (
    loaded: readonly LoadedDefinition[],
  ): Promise<readonly TaskDefinition[]> => {
    for (const one of loaded) await checkBeforeUse(one, loadOptions(resolved, handlers));
    const definitions = loaded.map((one) => registry.add(one).definition);
    runtime.reconsider();
    return definitions;
  };

  return {
    start: () => runtime.start(),
    stop: () => runtime.stop(),
    async register(source) {
      if (typeof source !== 'string') return define([source]);
      return define(await loadDefinitions(source, loadOptions(resolved, handlers)));
    },
    handler(name, handler) {
      handlers.add(name, handler);
      runtime.reconsider();
    },
    definitions: () => registry.list().map((loaded) => loaded.definition),
    definition: (name) => registry.find(name).definition,
    ...engineVerbs(() => runtime.parts),
    create: createWith(runtime, registry, define),
    createMany: (name, requests) => createTasks(runtime.parts, registry.find(name), requests),
    migrate: () => runtime.migrate(),
    about: () => runtime.about(),
    metrics: () => observing.metrics(),
    health: () => observing.health(),
    on: (event, listener) => events.on(event, listener),
    onChange: (listener) => runtime.changes.onChange(listener),
  };
}

/** @throws INVALID_DEFINITION for names that nothing is registered under; HANDLER_NOT_LOADED for a file that does not give its handler */
async function checkBeforeUse(
  loaded: LoadedDefinition,
  options: ReturnType<typeof loadOptions>,
): Promise<void> {
  checkDefinition(loaded, options);
  for (const { handler } of loaded.definition.steps) {
    if (handler.from === 'file') await loadHandler(handler.path, handler.export);
  }
}

function environmentDefaults() {
  const environment = readEnvironment();
  return {
    get database() {
      const url = environment.databaseUrl;
      return url ?? { embedded: { directory: environment.dataDirectory ?? '.tasker/data' } };
    },
    get schema() {
      return environment.schema ?? 'tasker';
    },
    environment: environment.name,
    secret: (name: string) => environment.secret(name),
    version: VERSION,
  };
}

function loadOptions(
  resolved: ResolvedOptions,
  handlers: ReturnType<typeof createHandlerRegistry>,
) {
  return {
    environment: resolved.environment,
    kinds: STEP_KINDS,
    strategies: new Set(BACKOFF_STRATEGIES.keys()),
    hasHandler: (name: string) => handlers.get(name) !== undefined,
    handlerNames: handlers.names(),
  };
}

/** The two forms of `create`: by name, and by a task defined in code, which is registered by it and has a typed result. */
function createWith(
  runtime: Runtime,
  registry: Registry,
  define: (loaded: readonly LoadedDefinition[]) => Promise<unknown>,
): Tasker['create'] {
  return async (task: unknown, request: TaskRequest) => {
    const parts = runtime.parts;
    if (!isDefinedTask(task)) {
      const [created] = await createTasks(parts, registry.find(String(task)), [request]);
      return created as TaskHandle<never>; // sound: the form by name promises no more than what createTasks gives
    }
    await define([task]);
    const [created] = await createTasks(parts, task, [request]);
    if (!created) throw new TaskerError('DATABASE_FAULT', { problem: 'no task was created' });
    const handle: TaskHandle<unknown> = {
      ...created,
      async result(options) {
        checkId(created.taskId);
        const ended = await waitForTask(parts, created.taskId, options);
        const steps = await getSteps(parts, created.taskId);
        if (ended.status !== 'complete') {
          const failed = steps.find((step) => step.status === 'error');
          const problem =
            failed === undefined
              ? 'it was not completed'
              : `step "${failed.name}": ${failed.error?.message ?? 'failed'}`;
          throw new TaskerError('TASK_NOT_COMPLETED', {
            taskId: created.taskId,
            status: ended.status,
            problem,
          });
        }
        const results = Object.entries(task.resultPositions).map(([alias, position]) => [
          alias,
          resultOf(steps[position]),
        ]);
        return Object.fromEntries(results) as unknown;
      },
    };
    return handle as TaskHandle<never>; // sound: the result's type follows from the steps that `build` returned
  };
}

function resultOf(
  step: { readonly status: string; readonly results: Json } | undefined,
): Json | undefined {
  return step === undefined || step.status === 'skipped' ? undefined : step.results;
}
