import { TaskerError } from '../kernel/errors.ts';
import { checkNumber, checkText, checkTexts } from './check-text.ts';
import type {
  FullStoredDefinition,
  StoredDefinition,
  StoredDefinitionRequest,
} from './list-types.ts';
import type { EngineParts } from './parts.ts';

const MAX_ID = 2 ** 31 - 1;
const ANY = {
  definitionId: null,
  namespace: null,
  name: null,
  namespaces: null,
  after: null,
  limit: 1,
};

/** The definitions that the database keeps, newest first. @throws INVALID_REQUEST */
export async function listStoredDefinitions(
  parts: EngineParts,
  request: StoredDefinitionRequest = {},
): Promise<readonly StoredDefinition[]> {
  const { namespace, name, namespaces, after } = request;
  return parts.store.listDefinitions(parts.db, {
    ...ANY,
    namespace: namespace === undefined ? null : checkText('namespace', namespace, 255),
    name: name === undefined ? null : checkText('name', name, 255),
    namespaces:
      namespaces === undefined
        ? null
        : checkTexts('namespaces', namespaces, { longest: 255, most: 1_000 }),
    after:
      after === undefined
        ? null
        : checkNumber('after', after, { least: 0, most: MAX_ID, fallback: 0 }),
    limit: checkNumber('limit', request.limit, { least: 1, most: 1_000, fallback: 200 }),
  });
}

/** A stored definition with its content. @throws DEFINITION_NOT_FOUND */
export async function getStoredDefinition(
  parts: EngineParts,
  definitionId: number,
): Promise<FullStoredDefinition> {
  const isId = Number.isInteger(definitionId) && definitionId >= 1 && definitionId <= MAX_ID;
  const [stored] = isId
    ? await parts.store.listDefinitions(parts.db, { ...ANY, definitionId })
    : [];
  if (stored === undefined)
    throw new TaskerError('DEFINITION_NOT_FOUND', { name: `#${definitionId}`, suggestion: '' });
  return { ...stored, definition: (await parts.pinned.get(definitionId)).definition };
}
