import DataLoader from 'dataloader';
import { TaskerError } from '../../kernel/errors.ts';
import type {
  AnnotationType,
  DependentSystem,
  FullStoredDefinition,
} from '../../engine/list-types.ts';
import type { Task, TaskAnnotation, WorkflowStep } from '../../model/task.ts';
import type { Tasker } from '../../tasker-interface.ts';

/** Most ids that the engine takes at once. */
const BATCH = { maxBatchSize: 200 };

/**
 * What nested fields are read with: one statement for all objects of a level, and nothing twice in a request. Nothing here asks for
 * permission: a field is reached from an object that the caller was admitted to, and belongs to the same task.
 */
export interface Loaders {
  task(taskId: number): Promise<Task>;
  /** The steps of a task, at their positions. */
  steps(taskId: number): Promise<readonly WorkflowStep[]>;
  annotations(taskId: number): Promise<readonly TaskAnnotation[]>;
  definition(definitionId: number): Promise<FullStoredDefinition>;
  dependentSystem(name: string): Promise<DependentSystem | null>;
  annotationType(annotationTypeId: number): Promise<AnnotationType | null>;
  /** Takes tasks that have been read already. */
  know(tasks: readonly Task[]): void;
  /** Forgets what a mutation may have changed. */
  forget(): void;
}

export function createLoaders(tasker: Tasker): Loaders {
  const tasks = new DataLoader<number, Task>(async (ids) => {
    const found = new Map((await tasker.tasksByIds(ids)).map((task) => [task.taskId, task]));
    return ids.map((taskId) => found.get(taskId) ?? new TaskerError('TASK_NOT_FOUND', { taskId }));
  }, BATCH);
  const steps = new DataLoader<number, readonly WorkflowStep[]>(async (ids) => {
    const found = await tasker.stepsOfTasks(ids);
    return ids.map((id) => found.get(id) ?? []);
  }, BATCH);
  const annotations = new DataLoader<number, readonly TaskAnnotation[]>(async (ids) => {
    const found = await tasker.annotationsOfTasks(ids);
    return ids.map((id) => found.get(id) ?? []);
  }, BATCH);
  const definitions = new DataLoader<number, FullStoredDefinition>((ids) =>
    Promise.all(ids.map((id) => tasker.storedDefinition(id))),
  );
  const systems = new DataLoader<string, DependentSystem | null>(async (names) => {
    const found = new Map((await tasker.dependentSystems()).map((one) => [one.name, one]));
    return names.map((name) => found.get(name) ?? null);
  });
  const types = new DataLoader<number, AnnotationType | null>(async (ids) => {
    const found = new Map(
      (await tasker.annotationTypes()).map((one) => [one.annotationTypeId, one]),
    );
    return ids.map((id) => found.get(id) ?? null);
  });
  return {
    task: (taskId) => tasks.load(taskId),
    steps: (taskId) => steps.load(taskId),
    annotations: (taskId) => annotations.load(taskId),
    definition: (definitionId) => definitions.load(definitionId),
    dependentSystem: (name) => systems.load(name),
    annotationType: (annotationTypeId) => types.load(annotationTypeId),
    know(known) {
      for (const task of known) tasks.prime(task.taskId, task);
    },
    forget() {
      tasks.clearAll();
      steps.clearAll();
      annotations.clearAll();
      types.clearAll();
    },
  };
}
