import type { AnnotationDto } from '../../contract/dto/annotation.ts';
import type { TaskDto } from '../../contract/dto/task.ts';
import type { Task, TaskAnnotation, WorkflowStep } from '../../model/task.ts';
import type { Sight } from './sight.ts';
import { toStepDto } from './step.ts';

/** What comes along with a task. */
export interface Embedded {
  readonly steps: readonly WorkflowStep[];
  readonly annotations: readonly TaskAnnotation[];
}

/** A task as this caller may see it; without `embedded` the steps and annotations are left out. */
export function toTaskDto(task: Task, sight: Sight, embedded?: Embedded): TaskDto {
  return {
    task_id: task.taskId,
    namespace: task.namespace,
    name: task.name,
    version: task.version,
    definition_id: task.definitionId,
    status: task.status,
    complete: task.complete,
    initiator: task.initiator,
    reason: task.reason,
    source_system: task.sourceSystem,
    tags: [...task.tags],
    bypass_steps: [...task.bypassSteps],
    priority: task.priority,
    idempotency_key: task.idempotencyKey,
    requested_at: task.requestedAt.toISOString(),
    created_at: task.createdAt.toISOString(),
    started_at: task.startedAt?.toISOString() ?? null,
    settled_at: task.settledAt?.toISOString() ?? null,
    updated_at: task.updatedAt.toISOString(),
    revision: task.revision,
    ...(sight.context ? { context: task.context } : {}),
    ...(embedded ? { workflow_steps: embedded.steps.map((step) => toStepDto(step, sight)) } : {}),
    ...(embedded && sight.context
      ? { task_annotations: embedded.annotations.map(toAnnotationDto) }
      : {}),
  };
}

export function toAnnotationDto(annotation: TaskAnnotation): AnnotationDto {
  return {
    task_annotation_id: annotation.taskAnnotationId,
    task_id: annotation.taskId,
    step: annotation.step,
    annotation_type_id: annotation.annotationTypeId,
    annotation_type_name: annotation.type,
    annotation: annotation.annotation,
    created_at: annotation.createdAt.toISOString(),
  };
}
