import type { z } from 'zod';
import type { annotationTypeDto } from '../../contract/dto/annotation.ts';
import type { DefinitionDto, DefinitionGraphDto } from '../../contract/dto/definition.ts';
import type {
  apiKeyDto,
  dependentSystemDto,
  objectMapDto,
  operatorEntryDto,
  workerDto,
} from '../../contract/dto/system.ts';
import type {
  AnnotationType,
  DependentSystem,
  FullStoredDefinition,
  ObjectMap,
  StoredDefinition,
} from '../../engine/list-types.ts';
import type { OperatorEntry, WorkerInfo } from '../../engine/types.ts';
import type { ApiKeyInfo } from '../../engine/api-keys.ts';
import type { Sight } from './sight.ts';

export function toDefinitionDto(stored: StoredDefinition): DefinitionDto {
  return {
    definition_id: stored.definitionId,
    namespace: stored.namespace,
    name: stored.name,
    version: stored.version,
    content_hash: stored.contentHash,
    steps: stored.steps,
    created_at: stored.createdAt.toISOString(),
  };
}

/** A definition with its graph. `handler_config` stays inside: it may hold addresses and names of secrets. */
export function toDefinitionGraphDto(stored: FullStoredDefinition): DefinitionGraphDto {
  const { definition } = stored;
  return {
    ...toDefinitionDto(stored),
    description: definition.description,
    concurrency: definition.width,
    priority: definition.priority,
    schema: definition.schema,
    step_templates: definition.steps.map((step) => ({
      position: step.position,
      name: step.name,
      description: step.description,
      dependent_system: step.dependentSystem,
      kind: step.kind,
      queue: step.queue,
      depends_on: step.parents.map((parent) => definition.steps[parent]?.name ?? ''),
      retryable: step.retryable,
      retry_limit: step.retryLimit,
      timeout_ms: step.timeoutMs,
      skippable: step.skippable,
    })),
  };
}

export function toWorkerDto(worker: WorkerInfo): z.input<typeof workerDto> {
  return {
    worker_id: worker.workerId,
    name: worker.name,
    hostname: worker.hostname,
    pid: worker.pid,
    version: worker.version,
    queues: [...worker.queues],
    slots: worker.slots,
    started_at: worker.startedAt.toISOString(),
    heartbeat_at: worker.heartbeatAt.toISOString(),
    state: worker.state,
  };
}

export function toSystemDto(system: DependentSystem): z.input<typeof dependentSystemDto> {
  return {
    dependent_system_id: system.dependentSystemId,
    name: system.name,
    description: system.description,
  };
}

export function toObjectMapDto(map: ObjectMap): z.input<typeof objectMapDto> {
  return {
    object_map_id: map.objectMapId,
    system_one: map.systemOne,
    id_one: map.idOne,
    system_two: map.systemTwo,
    id_two: map.idTwo,
    created_at: map.createdAt.toISOString(),
  };
}

export function toAnnotationTypeDto(type: AnnotationType): z.input<typeof annotationTypeDto> {
  return {
    annotation_type_id: type.annotationTypeId,
    name: type.name,
    description: type.description,
  };
}

/** The details of an action may quote inputs and results. */
export function toOperatorEntryDto(
  entry: OperatorEntry,
  sight: Sight,
): z.input<typeof operatorEntryDto> {
  return {
    log_id: entry.logId,
    task_id: entry.taskId,
    step: entry.step,
    action: entry.action,
    actor: entry.actor,
    reason: entry.reason,
    from_status: entry.fromStatus,
    to_status: entry.toStatus,
    ...(sight.context && sight.results ? { details: entry.details } : {}),
    created_at: entry.createdAt.toISOString(),
  };
}

export function toApiKeyDto(key: ApiKeyInfo): z.input<typeof apiKeyDto> {
  return {
    key_id: key.keyId,
    name: key.name,
    grants: [...key.grants],
    namespaces: key.namespaces === null ? null : [...key.namespaces],
    created_by: key.createdBy,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    replaced_by: key.replacedBy,
  };
}
