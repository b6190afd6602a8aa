import { TaskerError } from '../../kernel/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { Access } from '../access.ts';
import type { ApiParts } from '../parts.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** Most objects in one answer, whatever was estimated before. */
const MAX_OBJECTS = 10_000;

/** What the resolvers of one request share. */
export interface GraphqlContext {
  readonly access: Access;
  readonly parts: ApiParts;
  readonly loaders: Loaders;
  /** Counts the entries of a list that goes into the answer. @throws COST when the answer becomes too large */
  readonly counted: <Entry>(entries: readonly Entry[]) => readonly Entry[];
  /** Null, for a field that the caller may not see. Says so once for each field, however many objects have it. @throws FORBIDDEN */
  readonly hidden: (field: object, permission: Permission) => null;
}

export function createContext(access: Access, parts: ApiParts): GraphqlContext {
  const told = new Set<object>();
  let objects = 0;
  return {
    access,
    parts,
    loaders: createLoaders(parts.tasker),
    counted(entries) {
      objects += entries.length;
      if (objects <= MAX_OBJECTS) return entries;
      throw new TaskerError('COST', { problem: `has more than ${MAX_OBJECTS} objects` });
    },
    hidden(field, permission) {
      if (told.has(field)) return null;
      told.add(field);
      throw new TaskerError('FORBIDDEN', { permission });
    },
  };
}
