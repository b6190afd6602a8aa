import { TaskerError } from '../kernel/errors.ts';
import type { SystemObject } from '../store/systems/systems.ts';
import { checkText } from './check-text.ts';
import type { EngineParts } from './parts.ts';

/**
 * Finds or creates the pair of two objects of dependent systems; the order of the two does not matter, and concurrent callers get one
 * pair. @throws INVALID_REQUEST
 */
export async function mapObjectPair(
  parts: EngineParts,
  one: SystemObject,
  two: SystemObject,
): Promise<{ readonly objectMapId: number; readonly created: boolean }> {
  check(one);
  check(two);
  if (one.system === two.system && one.id === two.id) {
    throw new TaskerError('INVALID_REQUEST', { problem: 'an object cannot be mapped to itself' });
  }
  return parts.store.mapObjects(parts.db, one, two);
}

/** The other halves of every pair that an object belongs to, in order of system and id. @throws INVALID_REQUEST */
export async function objectsMappedTo(
  parts: EngineParts,
  object: SystemObject,
): Promise<readonly SystemObject[]> {
  check(object);
  return parts.store.mappedObjects(parts.db, object);
}

function check(object: SystemObject): void {
  checkText('system', object?.system, 64);
  checkText('id', object?.id, 255);
}
