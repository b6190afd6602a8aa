import { createHash } from 'node:crypto';
import { canonicalJson } from '../kernel/json.ts';
import { bodyDocument } from './document.ts';
import type { TaskDefinition } from './task-definition.ts';

/** What a hash is taken of: a definition without its version and hash. */
export type DefinitionBody = Omit<TaskDefinition, 'version' | 'versionDeclared' | 'contentHash'>;

/**
 * SHA-256, as 64 hex digits, of the canonical JSON of everything that matters at run time. Descriptions, metadata, and where a file
 * lies on this machine do not matter; the order of keys does not either.
 */
export function contentHash(body: DefinitionBody): string {
  return createHash('sha256')
    .update(canonicalJson(bodyDocument(body)))
    .digest('hex');
}
