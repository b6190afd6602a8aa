import { getSlowestSteps, getStatusCounts } from './engine/analytics.ts';
import { actOnTasks } from './engine/bulk.ts';
import { countTasks, getTasks } from './engine/find-tasks.ts';
import { updateStep } from './engine/edit-step.ts';
import { cancelStep, resolveStep, retryStep } from './engine/operate-step.ts';
import { resetStep, resetTask } from './engine/reset.ts';
import { cancelTask, resolveTask, retryTask, updateTask } from './engine/operate-task.ts';
import {
  getAttempts,
  getOperatorLog,
  getStep,
  getSteps,
  getStepsOfTasks,
  getTask,
  getTasksByIds,
  getWorkers,
  waitForTask,
} from './engine/queries.ts';
import {
  annotate,
  findTasksByAnnotation,
  listAnnotations,
  listAnnotationsOfTasks,
} from './engine/annotate.ts';
import { getStoredDefinition, listStoredDefinitions } from './engine/stored-definitions.ts';
import { listObjectMaps, mapObjectPair, objectsMappedTo } from './engine/map-objects.ts';
import { createApiKeys } from './engine/api-keys.ts';
import { getProgress, getRevisions } from './engine/progress.ts';
import { doctor } from './engine/doctor.ts';
import { verify } from './engine/verify.ts';
import type { EngineParts } from './engine/parts.ts';
import type { Tasker } from './tasker-interface.ts';

/** The verbs of a Tasker that are nothing but the engine's, on the parts of the moment. */
export function engineVerbs(
  parts: () => EngineParts,
): Omit<
  Tasker,
  | 'start'
  | 'stop'
  | 'register'
  | 'handler'
  | 'definitions'
  | 'definition'
  | 'create'
  | 'createMany'
  | 'migrate'
  | 'about'
  | 'on'
  | 'onChange'
  | 'metrics'
  | 'health'
> {
  return {
    async definitionOf(taskId) {
      const task = await getTask(parts(), taskId);
      return (await parts().pinned.get(task.definitionId)).definition;
    },
    storedDefinitions: (request) => listStoredDefinitions(parts(), request),
    storedDefinition: (definitionId) => getStoredDefinition(parts(), definitionId),
    progress: (taskIds) => getProgress(parts(), taskIds),
    revisions: (asked) => getRevisions(parts(), asked),
    ...operatorVerbs(parts),
    waitFor: (taskId, wait) => waitForTask(parts(), taskId, wait),
    task: (taskId) => getTask(parts(), taskId),
    tasks: (request) => getTasks(parts(), request),
    countTasks: (filter, options) => countTasks(parts(), filter, options),
    tasksByIds: (taskIds) => getTasksByIds(parts(), taskIds),
    steps: (taskId) => getSteps(parts(), taskId),
    stepsOfTasks: (taskIds) => getStepsOfTasks(parts(), taskIds),
    step: (taskId, step) => getStep(parts(), taskId, step),
    attempts: (taskId) => getAttempts(parts(), taskId),
    operatorLog: (taskId) => getOperatorLog(parts(), taskId),
    workers: () => getWorkers(parts()),
    annotate: (taskId, type, annotation) => annotate(parts(), { taskId, type, annotation }),
    annotations: (taskId) => listAnnotations(parts(), taskId),
    annotationsOfTasks: (taskIds) => listAnnotationsOfTasks(parts(), taskIds),
    annotationTypes: () => parts().store.listAnnotationTypes(parts().db),
    tasksByAnnotation: (asked) => findTasksByAnnotation(parts(), asked),
    mapObjects: (one, two) => mapObjectPair(parts(), one, two),
    mappedObjects: (object) => objectsMappedTo(parts(), object),
    dependentSystems: () => parts().store.listSystems(parts().db),
    slowestSteps: (request) => getSlowestSteps(parts(), request),
    statusCounts: (request) => getStatusCounts(parts(), request),
    objectMaps: (request) => listObjectMaps(parts(), request),
    verify: (what) =>
      verify(parts().db, parts().store.tables, {
        ...what,
        maxValueBytes: parts().limits.maxBytes,
      }),
    apiKeys: createApiKeys(parts),
    doctor: () => doctor(parts().db, parts().store.tables, { clock: parts().ports.clock }),
  };
}

/** What operators do to tasks and steps. */
function operatorVerbs(
  parts: () => EngineParts,
): Pick<
  Tasker,
  | 'cancelTask'
  | 'retryTask'
  | 'resolveTask'
  | 'updateTask'
  | 'resetTask'
  | 'actOnTasks'
  | 'cancelStep'
  | 'retryStep'
  | 'resolveStep'
  | 'updateStep'
  | 'resetStep'
> {
  return {
    cancelTask: (taskId, by) => cancelTask(parts(), taskId, by),
    retryTask: (taskId, by) => retryTask(parts(), taskId, by),
    resolveTask: (taskId, by) => resolveTask(parts(), taskId, by),
    updateTask: (taskId, change) => updateTask(parts(), taskId, change),
    resetTask: (taskId, by) => resetTask(parts(), taskId, by),
    actOnTasks: (request) => actOnTasks(parts(), request),
    cancelStep: (taskId, step, by) => cancelStep(parts(), { taskId, step }, by),
    retryStep: (taskId, step, by) => retryStep(parts(), { taskId, step }, by),
    resolveStep: (taskId, step, by) => resolveStep(parts(), { taskId, step }, by),
    updateStep: (taskId, step, change) => updateStep(parts(), { taskId, step }, change),
    resetStep: (taskId, step, by) => resetStep(parts(), { taskId, step }, by),
  };
}
