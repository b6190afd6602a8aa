import type { Json } from './kernel/json.ts';
import type { Duration } from './kernel/duration.ts';
import type { Listener } from './kernel/emitter.ts';
import type {
  Actor,
  Attempt,
  Task,
  TaskAnnotation,
  TaskRequest,
  WorkflowStep,
} from './model/task.ts';
import type { TaskChange } from './engine/changes.ts';
import type { CreateOptions } from './engine/create-in-transaction.ts';
import type { TaskProgress, TaskRevision } from './engine/progress.ts';
import type { LoadedDefinition, TaskDefinition } from './definition/task-definition.ts';
import type { MetricsText } from './telemetry/prometheus.ts';
import type { Health } from './telemetry/health.ts';
import type { DefinedTask, TypedTaskRequest } from './definition/types.ts';
import type { ApiKeys } from './engine/api-keys.ts';
import type {
  CreatedTask,
  DoctorFinding,
  OperatorEntry,
  TaskerEvents,
  Violation,
  WorkerInfo,
} from './engine/types.ts';
import type {
  AnnotationType,
  BulkAnswer,
  BulkRequest,
  Count,
  DependentSystem,
  FullStoredDefinition,
  ObjectMap,
  ObjectMapRequest,
  SlowestSteps,
  SlowestStepsRequest,
  StatusCounts,
  StatusCountsRequest,
  StoredDefinition,
  StoredDefinitionRequest,
  TaskFilter,
  TaskListRequest,
  TaskPage,
} from './engine/list-types.ts';

/** A created task with its typed result. */
export interface TaskHandle<Output> extends CreatedTask {
  /**
   * Resolves with the results of the steps that `build` returned, once the task is complete.
   * @throws TASK_NOT_COMPLETED when it ends otherwise; WAIT_TIMEOUT
   */
  result(options?: { readonly timeout?: Duration; readonly signal?: AbortSignal }): Promise<Output>;
}

/** A step is named by its name or its position in the template. */
export type StepName = string | number;

/**
 * Tasker in your process: definitions, verbs, a worker. Made by `createTasker`; two of them never meet.
 * Every verb throws `TaskerError` with a code of the catalogue and changes nothing when it does.
 */
export interface Tasker {
  /** Connects, checks the schema, and starts the worker unless `worker: false`. Starting twice is fine. */
  start(): Promise<void>;
  /** Drains the worker (nothing is lost), then closes what Tasker opened. Stopping twice is fine. */
  stop(): Promise<void>;

  /** Registers a definition made by `defineTask`, or every `.yaml`, `.yml`, `.ts`, `.js` and `.mjs` definition of a file or folder. */
  register(
    source: LoadedDefinition | string,
    options?: {
      /**
       * For a definition that its author is changing while the process runs: modules are read anew from the disk (definitions,
       * handlers, and what they import except packages), the next attempt uses them, and a changed body under a known declared
       * version gets the version `<version>+dev.<hash>` in place of VERSION_CONFLICT. When anything is wrong, all stays as it was.
       * @default false
       */
      readonly fresh?: boolean;
    },
  ): Promise<readonly TaskDefinition[]>;
  /**
   * Registers a named handler; a definition refers to it by this very name.
   * @throws INVALID_OPTION when another handler has the name, unless `replace`, which the next attempt notices. @default replace false
   */
  handler(name: string, handler: unknown, options?: { readonly replace?: boolean }): void;
  /** The registered definitions of this process. */
  definitions(): readonly TaskDefinition[];
  /** A registered definition by `name`, `namespace/name` or `namespace/name@version`. @throws DEFINITION_NOT_FOUND */
  definition(name: string): TaskDefinition;
  /** The pinned definition of a task, whatever this process has registered. */
  definitionOf(taskId: number): Promise<TaskDefinition>;
  /** The definitions that the database keeps, newest first, by any process that ever registered one and created a task of it. */
  storedDefinitions(request?: StoredDefinitionRequest): Promise<readonly StoredDefinition[]>;
  /** One of them with its content. @throws DEFINITION_NOT_FOUND */
  storedDefinition(definitionId: number): Promise<FullStoredDefinition>;

  /**
   * Creates a task. The promise resolves once the task and all its steps are stored. A task defined in code is registered by this.
   *
   * With `{ transaction }`, it is stored by an open transaction of yours: it exists if and only if you commit. Wait for its result after
   * the commit. @throws TRANSACTION_UNUSABLE; failures of a statement as your client reports them
   */
  create<Context, Output>(
    task: DefinedTask<string, Context, Output>,
    request: TypedTaskRequest<Context>,
    options?: CreateOptions,
  ): Promise<TaskHandle<Output>>;
  create(name: string, request: TaskRequest, options?: CreateOptions): Promise<CreatedTask>;
  /**
   * Creates many tasks, all or none. Each answer stands at the index of its request; an error says which request it is about.
   * Several statements in one transaction when they are many or large: at most 500 tasks, 50,000 steps and 8 MiB of contexts in each.
   * With `{ transaction }`, as `create`. A task defined in code is registered by this.
   */
  createMany<Context>(
    task: DefinedTask<string, Context>,
    requests: readonly TypedTaskRequest<Context>[],
    options?: CreateOptions,
  ): Promise<readonly CreatedTask[]>;
  createMany(
    name: string,
    requests: readonly TaskRequest[],
    options?: CreateOptions,
  ): Promise<readonly CreatedTask[]>;
  /** Resolves when the task is settled (complete, error, cancelled, resolved_manually). @throws WAIT_TIMEOUT, TASK_NOT_FOUND */
  waitFor(
    taskId: number,
    options?: { readonly timeout?: Duration; readonly signal?: AbortSignal },
  ): Promise<Task>;

  task(taskId: number): Promise<Task>;
  /** A page of tasks, newest first unless the request says otherwise. @throws INVALID_REQUEST */
  tasks(request?: TaskListRequest): Promise<TaskPage>;
  /** Counts matching tasks, up to a bound (1 to 10,000): then, or when few of very many match, the answer is not exact. @default upTo 10000 */
  countTasks(filter?: TaskFilter, options?: { readonly upTo?: number }): Promise<Count>;
  /** The tasks of these ids (at most 200) that exist, in the order of the ids. */
  tasksByIds(taskIds: readonly number[]): Promise<readonly Task[]>;
  /** The steps of a task, in template order. */
  steps(taskId: number): Promise<readonly WorkflowStep[]>;
  /** The same for many tasks (at most 200) in one statement; a task that does not exist has no entry. */
  stepsOfTasks(taskIds: readonly number[]): Promise<ReadonlyMap<number, readonly WorkflowStep[]>>;
  step(taskId: number, step: StepName): Promise<WorkflowStep>;
  /** Every attempt of a task's steps, oldest first: the past ones and the current or successful one. */
  attempts(taskId: number): Promise<readonly Attempt[]>;
  operatorLog(taskId: number): Promise<readonly OperatorEntry[]>;
  workers(): Promise<readonly WorkerInfo[]>;

  cancelTask(taskId: number, by: Actor): Promise<Task>;
  /** Sets a task in `error` going again from its exhausted steps; finished steps are not run again. */
  retryTask(taskId: number, by: Actor): Promise<Task>;
  /** Closes a task by hand: what had not finished is cancelled, the task becomes `resolved_manually`. */
  resolveTask(taskId: number, by: Actor): Promise<Task>;
  updateTask(
    taskId: number,
    change: {
      readonly reason?: string;
      readonly tags?: readonly string[];
      /** Only if the task is still as it was read. @throws REVISION_CONFLICT */
      readonly ifRevision?: string;
    },
  ): Promise<Task>;
  /** Gives every unfinished step of a task its full number of further attempts; a task in error goes on from its exhausted steps. */
  resetTask(taskId: number, by: Actor): Promise<Task>;
  /** Cancels, retries or resolves the tasks that a filter matches, each in a transaction of its own. @throws INVALID_REQUEST */
  actOnTasks(request: BulkRequest): Promise<BulkAnswer>;

  cancelStep(taskId: number, step: StepName, by: Actor): Promise<WorkflowStep>;
  /** Lets a failed or waiting step run now, with as many further attempts as its definition gives. */
  retryStep(taskId: number, step: StepName, by: Actor): Promise<WorkflowStep>;
  /** Marks a step as done by hand, with the result that its dependents shall see. @default result {} */
  resolveStep(
    taskId: number,
    step: StepName,
    by: Actor & { readonly result?: Json },
  ): Promise<WorkflowStep>;
  /** Edits the inputs or the retry limit of a step that has not finished; a task in error revives when the limit allows it. */
  updateStep(
    taskId: number,
    step: StepName,
    change: Actor & {
      readonly inputs?: Json;
      readonly retryLimit?: number;
      /** Only if the step is still as it was read. @throws REVISION_CONFLICT */
      readonly ifRevision?: string;
    },
  ): Promise<WorkflowStep>;

  /** Gives an unfinished step its full number of further attempts: an exhausted one runs again, a waiting one keeps its time. */
  resetStep(taskId: number, step: StepName, by: Actor): Promise<WorkflowStep>;

  annotate(taskId: number, type: string, annotation: Json): Promise<void>;
  /** The notes of a task, oldest first. */
  annotations(taskId: number): Promise<readonly TaskAnnotation[]>;
  /** The same for many tasks (at most 200) in one statement; a task without notes has no entry. */
  annotationsOfTasks(
    taskIds: readonly number[],
  ): Promise<ReadonlyMap<number, readonly TaskAnnotation[]>>;
  /** The types of notes, by name. */
  annotationTypes(): Promise<readonly AnnotationType[]>;
  /** Tasks with a note of this type in which this key has this value, newest first. `limit` is 1 to 200. @default limit 20 */
  tasksByAnnotation(asked: {
    readonly type: string;
    readonly key: string;
    readonly value: string;
    readonly limit?: number;
  }): Promise<readonly Task[]>;
  /** Finds or creates the pair, whatever the order of its two halves. */
  mapObjects(
    one: { readonly system: string; readonly id: string },
    two: { readonly system: string; readonly id: string },
  ): Promise<{ readonly objectMapId: number; readonly created: boolean }>;
  /** The other halves of every pair that an object belongs to. */
  mappedObjects(object: {
    readonly system: string;
    readonly id: string;
  }): Promise<readonly { readonly system: string; readonly id: string }[]>;
  /** The systems that steps depend on or objects belong to, by name. */
  dependentSystems(): Promise<readonly DependentSystem[]>;
  /** Pairs of objects, in order of their ids. @throws INVALID_REQUEST */
  objectMaps(request?: ObjectMapRequest): Promise<readonly ObjectMap[]>;

  /** The steps that take longest, over the newest tasks of a period (at most 10,000 of them). */
  slowestSteps(request?: SlowestStepsRequest): Promise<SlowestSteps>;
  /** How many tasks of each status a period has, bucket by bucket (of its newest 100,000 tasks). */
  statusCounts(request?: StatusCountsRequest): Promise<StatusCounts>;

  /** Keys for programs that call the service: make, list, rotate, revoke, recognise. */
  readonly apiKeys: ApiKeys;

  /** Applies missing migrations; returns the names of those that were applied. */
  migrate(): Promise<readonly string[]>;
  /** The invariants of the engine, checked over the live database in one read-only transaction. Empty = all hold. */
  verify(options?: { readonly sinceTaskId?: number }): Promise<readonly Violation[]>;
  /** Health of the database as this engine sees it. */
  doctor(): Promise<readonly DoctorFinding[]>;
  /**
   * The metrics of this process as Prometheus reads them. Always answers, started or not, within 2 s of a database that does not.
   * @throws METRICS_OFF when the option `metrics` is false
   */
  metrics(): Promise<MetricsText>;
  /** Whether this process is alive and can take work. Never rejects; answers within 2 s, whatever the database does. */
  health(): Promise<Health>;
  /** What the data is safe against, which database is used, and where. */
  about(): Promise<{
    readonly database: string;
    readonly durability: 'sync' | 'async' | 'process';
    readonly schema: string;
    /** False when changes made by other processes are found by looking only (`notify: false`). */
    readonly hearsOthers: boolean;
  }>;

  /** Subscribes to an event of this process; the answer unsubscribes. A listener that throws disturbs nothing. */
  on<Name extends keyof TaskerEvents>(
    event: Name,
    listener: Listener<TaskerEvents[Name]>,
  ): () => void;

  /**
   * Subscribes to hints that tasks changed, in whatever process on this database; the answer unsubscribes. Costs nothing while nobody
   * subscribes. A hint may be lost, repeated, or about a task that looks as before: compare `revisions` now and then, and read
   * `progress`. `everything` means that hints may have been lost, or are too many. A listener that throws disturbs nothing.
   */
  onChange(listener: (change: TaskChange) => void): () => void;
  /** Tasks with the counts of their steps, in one statement, in order of id; unknown ids are left out. @throws INVALID_REQUEST for more than 200 ids */
  progress(taskIds: readonly number[]): Promise<readonly TaskProgress[]>;
  /**
   * What to compare in order to find out which tasks changed, in one statement: of these tasks (at most 10,000), of the `newest` newest
   * ones and of as many newest open ones (at most 1,000 each). @default newest 0 @throws INVALID_REQUEST
   */
  revisions(asked: {
    readonly taskIds: readonly number[];
    readonly newest?: number;
  }): Promise<readonly TaskRevision[]>;
}
