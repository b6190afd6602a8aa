import type { LoadedDefinition } from './task-definition.ts';

/**
 * A definition that its author is changing. A declared version that is known with other content becomes `<version>+dev.<hash>`, so
 * that a saved file is served at once and tasks in flight keep what they were born with; anything else stays as it is.
 *
 * @param knownHashes the contents that the declared version has already
 */
export function developmentVersion(
  loaded: LoadedDefinition,
  knownHashes: readonly string[],
): LoadedDefinition {
  const { version, versionDeclared, contentHash } = loaded.definition;
  if (!versionDeclared || knownHashes.every((hash) => hash === contentHash)) return loaded;
  // A version may have a part behind + already: further identifiers follow after a dot.
  const edited = `${version}${version.includes('+') ? '.' : '+'}dev.${contentHash.slice(0, 8)}`;
  return { ...loaded, definition: { ...loaded.definition, version: edited } };
}
