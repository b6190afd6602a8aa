import { z } from 'zod';
import { id, json, label, moment, momentOrNull, text } from '../scalars.ts';

export const dependentSystemDto = z
  .object({ dependent_system_id: id, name: z.string(), description: z.string() })
  .meta({ id: 'DependentSystem' });

/** An object of a system, such as order 17 of the shop. */
export const systemObject = z
  .strictObject({ system: label, id: text })
  .meta({ id: 'SystemObject' });

/** Two objects that stand for the same thing in two systems. */
export const objectMapDto = z
  .object({
    object_map_id: id,
    system_one: z.string(),
    id_one: z.string(),
    system_two: z.string(),
    id_two: z.string(),
    created_at: moment,
  })
  .meta({ id: 'ObjectMap' });

/** A worker as others see it. */
export const workerDto = z
  .object({
    worker_id: id,
    name: z.string(),
    hostname: z.string(),
    pid: z.int(),
    version: z.string(),
    queues: z.array(z.string()),
    slots: z.int(),
    started_at: moment,
    heartbeat_at: moment,
    state: z.enum(['alive', 'silent', 'stopped', 'lost']),
  })
  .meta({ id: 'Worker' });

/** Who did what to a task, when and why. */
export const operatorEntryDto = z
  .object({
    log_id: id,
    task_id: id,
    step: z.string().nullable(),
    action: z.string(),
    actor: z.string(),
    reason: z.string(),
    from_status: z.string().nullable(),
    to_status: z.string().nullable(),
    details: json.optional(),
    created_at: moment,
  })
  .meta({ id: 'OperatorEntry' });

/** One check of a probe. */
export const healthDto = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Health' });

/** What is known of an API key; never the key. */
export const apiKeyDto = z
  .object({
    key_id: z.string(),
    name: z.string(),
    grants: z.array(z.string()),
    namespaces: z.array(z.string()).nullable(),
    created_by: z.string(),
    created_at: moment,
    expires_at: momentOrNull,
    last_used_at: momentOrNull,
    revoked_at: momentOrNull,
    replaced_by: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' });
