import { TaskerError } from '../kernel/errors.ts';
import type { SystemObject } from '../store/systems/systems.ts';
import { checkNumber, checkText } from './check-text.ts';
import type { ObjectMap, ObjectMapRequest } from './list-types.ts';
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

/** Pairs in order of their ids, page by page. @throws INVALID_REQUEST */
export async function listObjectMaps(
  parts: EngineParts,
  request: ObjectMapRequest = {},
): Promise<readonly ObjectMap[]> {
  const { system, id } = request;
  if (system !== undefined) checkText('system', system, 64);
  if (id !== undefined) checkText('id', id, 255);
  if (id !== undefined && system === undefined)
    throw new TaskerError('INVALID_REQUEST', { problem: 'id needs the system that it belongs to' });
  return parts.store.listObjectMaps(parts.db, {
    system: system ?? null,
    id: id ?? null,
    after: checkNumber('after', request.after, {
      least: 0,
      most: Number.MAX_SAFE_INTEGER,
      fallback: 0,
    }),
    limit: checkNumber('limit', request.limit, { least: 1, most: 200, fallback: 20 }),
  });
}

function check(object: SystemObject): void {
  checkText('system', object?.system, 64);
  checkText('id', object?.id, 255);
}
