import { readEnvironment } from './config/environment.ts';
import type { DatabaseOptions, TaskerOptions } from './config/options.ts';
import { resolveOptions } from './config/resolve.ts';
import { isDefinedTask } from './definition/define-task.ts';
import { createRegistry, type Registry } from './definition/registry.ts';
import type { LoadedDefinition } from './definition/task-definition.ts';
import type { DefinedTask } from './definition/types.ts';
import { createInTransaction, type CreateOptions } from './engine/create-in-transaction.ts';
import { createTasks } from './engine/create-task.ts';
import { checkId } from './engine/parts.ts';
import { getSteps, waitForTask } from './engine/queries.ts';
import type { CreatedTask, TaskerEvents } from './engine/types.ts';
import { createHandlerRegistry } from './handlers/registry.ts';
import { Emitter } from './kernel/emitter.ts';
import { TaskerError } from './kernel/errors.ts';
import type { Json } from './kernel/json.ts';
import { createModules } from './kernel/modules.ts';
import { systemPorts, type Ports } from './kernel/ports.ts';
import type { TaskRequest } from './model/task.ts';
import { openDatabase, type OpenedDatabase } from './open-database.ts';
import { engineVerbs } from './engine-verbs.ts';
import { observe } from './observing.ts';
import { registering } from './registering.ts';
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

/** The same, with the machine and the opening of the database as parameters: for tests, which look at the same database from outside. */
export function assembleTasker(
  options: TaskerOptions,
  open: (database: DatabaseOptions) => Promise<OpenedDatabase>,
  ports: Ports = systemPorts,
): Tasker {
  const resolved = resolveOptions(options, environmentDefaults());
  const events = new Emitter<TaskerEvents>((error, event) => {
    resolved.logger.error({ err: error, event }, 'a subscriber threw; nothing else was disturbed');
  });
  const registry = createRegistry();
  const handlers = createHandlerRegistry(resolved.handlers);
  const modules = createModules();
  const runtime = new Runtime({
    options: resolved,
    registry,
    handlers,
    modules,
    events,
    ports,
    open,
  });
  const observing = observe(runtime, resolved);
  const register = registering({ options: resolved, registry, handlers, modules, runtime });

  return {
    start: () => runtime.start(),
    stop: () => runtime.stop(),
    register,
    handler(name, handler, options) {
      handlers.add(name, handler, options);
      runtime.reconsider();
    },
    definitions: () => registry.list().map((loaded) => loaded.definition),
    definition: (name) => registry.find(name).definition,
    ...engineVerbs(() => runtime.parts),
    create: createWith(runtime, registry, register),
    async createMany(
      task: string | DefinedTask,
      requests: readonly TaskRequest[],
      options?: CreateOptions,
    ) {
      if (isDefinedTask(task)) await register(task);
      const loaded = isDefinedTask(task) ? task : registry.find(String(task));
      return createOn(runtime, loaded, { requests, options });
    },
    migrate: () => runtime.migrate(),
    about: () => runtime.about(),
    metrics: () => observing.metrics(),
    health: () => observing.health(),
    on: (event, listener) => events.on(event, listener),
    onChange: (listener) => runtime.changes.onChange(listener),
  };
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

/** Creates tasks in a transaction of Tasker's own, or in the caller's. */
function createOn(
  runtime: Runtime,
  loaded: LoadedDefinition,
  {
    requests,
    options,
  }: {
    readonly requests: readonly TaskRequest[];
    readonly options: CreateOptions | undefined;
  },
): Promise<readonly CreatedTask[]> {
  const { parts } = runtime;
  if (options === undefined) return createTasks(parts, loaded, requests);
  const joining = runtime.current?.joining ?? null;
  return createInTransaction(parts, loaded, { requests, options, joining });
}

/** The two forms of `create`: by name, and by a task defined in code, which is registered by it and has a typed result. */
function createWith(
  runtime: Runtime,
  registry: Registry,
  register: Tasker['register'],
): Tasker['create'] {
  return async (task: unknown, request: TaskRequest, options?: CreateOptions) => {
    const parts = runtime.parts;
    const requests = [request];
    if (!isDefinedTask(task)) {
      const [created] = await createOn(runtime, registry.find(String(task)), { requests, options });
      return created as TaskHandle<never>; // sound: the form by name promises no more than what createTasks gives
    }
    await register(task);
    const [created] = await createOn(runtime, task, { requests, options });
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
