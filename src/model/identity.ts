import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../kernel/json.ts';

/** The fields of a request that make two requests the same: the seed's, without tags and without the time of the request. */
export interface IdentityFields {
  readonly namespace: string;
  readonly name: string;
  readonly initiator: string;
  readonly sourceSystem: string;
  readonly reason: string;
  readonly context: Json;
  readonly bypassSteps: readonly string[];
}

/** SHA-256 (hex) over the canonical JSON of the identity fields: the order of keys and of bypassed steps does not matter. */
export function identityHash(fields: IdentityFields): string {
  return sha256(
    canonicalJson({
      namespace: fields.namespace,
      name: fields.name,
      initiator: fields.initiator,
      source_system: fields.sourceSystem,
      reason: fields.reason,
      context: fields.context,
      bypass_steps: fields.bypassSteps.toSorted(),
    }),
  );
}

/** SHA-256 (hex) of a caller's key within a task's name: keys of different tasks never meet. */
export function keyHash(kind: 'key' | 'custom', task: string, key: string): string {
  return sha256(canonicalJson([kind, task, key]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
