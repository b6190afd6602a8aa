import type { Json } from './kernel/json.ts';
import type { Duration } from './kernel/duration.ts';
import type { Listener } from './kernel/emitter.ts';
import type { Actor, Attempt, Task, TaskRequest, WorkflowStep } from './model/task.ts';
import type { LoadedDefinition, TaskDefinition } from './definition/task-definition.ts';
import type { DefinedTask, TypedTaskRequest } from './definition/types.ts';
import type {
  CreatedTask,
  DoctorFinding,
  OperatorEntry,
  TaskerEvents,
  TaskFilter,
  TaskPage,
  Violation,
  WorkerInfo,
} from './engine/types.ts';

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
  register(source: LoadedDefinition | string): Promise<readonly TaskDefinition[]>;
  /** Registers a named handler; a definition refers to it by this very name. */
  handler(name: string, handler: unknown): void;
  /** The registered definitions of this process. */
  definitions(): readonly TaskDefinition[];
  /** A registered definition by `name`, `namespace/name` or `namespace/name@version`. @throws DEFINITION_NOT_FOUND */
  definition(name: string): TaskDefinition;
  /** The pinned definition of a task, whatever this process has registered. */
  definitionOf(taskId: number): Promise<TaskDefinition>;

  /** Creates a task. The promise resolves once the task and all its steps are stored. A task defined in code is registered by this. */
  create<Context, Output>(
    task: DefinedTask<string, Context, Output>,
    request: TypedTaskRequest<Context>,
  ): Promise<TaskHandle<Output>>;
  create(name: string, request: TaskRequest): Promise<CreatedTask>;
  /** Creates many tasks, all or none, in one statement per 500. Each answer stands at the index of its request. */
  createMany(name: string, requests: readonly TaskRequest[]): Promise<readonly CreatedTask[]>;
  /** Resolves when the task is settled (complete, error, cancelled, resolved_manually). @throws WAIT_TIMEOUT, TASK_NOT_FOUND */
  waitFor(
    taskId: number,
    options?: { readonly timeout?: Duration; readonly signal?: AbortSignal },
  ): Promise<Task>;

  task(taskId: number): Promise<Task>;
  tasks(filter?: TaskFilter): Promise<TaskPage>;
  /** The steps of a task, in template order. */
  steps(taskId: number): Promise<readonly WorkflowStep[]>;
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
    change: { readonly reason?: string; readonly tags?: readonly string[] },
  ): Promise<Task>;

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
    change: Actor & { readonly inputs?: Json; readonly retryLimit?: number },
  ): Promise<WorkflowStep>;

  annotate(taskId: number, type: string, annotation: Json): Promise<void>;
  annotations(
    taskId: number,
  ): Promise<
    readonly { readonly type: string; readonly step: string | null; readonly annotation: Json }[]
  >;
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
  dependentSystems(): Promise<readonly string[]>;

  /** Applies missing migrations; returns the names of those that were applied. */
  migrate(): Promise<readonly string[]>;
  /** The invariants of the engine, checked over the live database in one read-only transaction. Empty = all hold. */
  verify(options?: { readonly sinceTaskId?: number }): Promise<readonly Violation[]>;
  /** Health of the database as this engine sees it. */
  doctor(): Promise<readonly DoctorFinding[]>;
  /** What the data is safe against, which database is used, and where. */
  about(): Promise<{
    readonly database: string;
    readonly durability: 'sync' | 'async' | 'process';
    readonly schema: string;
  }>;

  /** Subscribes to an event of this process; the answer unsubscribes. A listener that throws disturbs nothing. */
  on<Name extends keyof TaskerEvents>(
    event: Name,
    listener: Listener<TaskerEvents[Name]>,
  ): () => void;
}
