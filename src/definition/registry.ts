import { TaskerError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import type { LoadedDefinition, TaskDefinition } from './task-definition.ts';

/** The definitions that one process has loaded. */
export interface Registry {
  /**
   * Adds a definition. The same content again changes nothing but the code behind it; an undeclared version replaces the newest one
   * of its name, and the older stays known by its exact version for tasks in flight.
   *
   * @throws VERSION_CONFLICT when the declared version is known with other content; the registry is unchanged then
   */
  add(loaded: LoadedDefinition, options?: AddOptions): LoadedDefinition;
  /** The definition named `name`, `namespace/name` or `namespace/name@version`. @throws DEFINITION_NOT_FOUND */
  find(spec: string): LoadedDefinition;
  /** One exact version, or undefined. */
  exact(namespace: string, name: string, version: string): LoadedDefinition | undefined;
  /**
   * The definition whose inline code serves a step of a task that was born with this definition, or undefined: that of the same
   * version, or, where neither version was declared, the newest. Of a task that was ever added as `isEdited` the newest comes first.
   */
  codeFor(born: TaskDefinition, step: string): LoadedDefinition | undefined;
  /** The version that new tasks get, or undefined. */
  newest(namespace: string, name: string): LoadedDefinition | undefined;
  /** The newest version of every task, in order of namespace and name. */
  list(): readonly LoadedDefinition[];
}

export interface AddOptions {
  /** Its author is working on it: tasks in flight run on the newest code, whatever version they were born with. @default false */
  readonly isEdited?: boolean;
}

interface Entry {
  newest: LoadedDefinition;
  isEdited: boolean;
  readonly versions: Map<string, LoadedDefinition>;
}

/** An empty registry. */
export function createRegistry(): Registry {
  const entries = new Map<string, Entry>();
  const newest = (namespace: string, name: string): LoadedDefinition | undefined =>
    entries.get(fullName(namespace, name))?.newest;
  return {
    add: (loaded, options = {}) => addTo(entries, loaded, options),
    codeFor: (born, step) => codeIn(entries.get(fullName(born.namespace, born.name)), born, step),
    find: (spec) => findIn(entries, spec),
    exact: (namespace, name, version) =>
      entries.get(fullName(namespace, name))?.versions.get(version),
    newest,
    list: () =>
      [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry.newest),
  };
}

function addTo(
  entries: Map<string, Entry>,
  loaded: LoadedDefinition,
  { isEdited = false }: AddOptions,
): LoadedDefinition {
  const { namespace, name, version, versionDeclared, contentHash } = loaded.definition;
  const key = fullName(namespace, name);
  const entry = entries.get(key);
  if (!entry) {
    entries.set(key, { newest: loaded, isEdited, versions: new Map([[version, loaded]]) });
    return loaded;
  }
  const known = entry.versions.get(version);
  if (known && versionDeclared && known.definition.contentHash !== contentHash) {
    throw new TaskerError('VERSION_CONFLICT', { name: key, version });
  }
  entry.versions.set(version, loaded);
  entry.isEdited ||= isEdited;
  if (replaces(loaded.definition, entry.newest.definition)) entry.newest = loaded;
  return loaded;
}

function codeIn(
  entry: Entry | undefined,
  born: TaskDefinition,
  step: string,
): LoadedDefinition | undefined {
  if (entry === undefined) return undefined;
  const { newest, isEdited } = entry;
  const exact = entry.versions.get(born.version);
  // Asked for each step of a definition: looking through its steps is for the few that are being edited.
  if (isEdited && newest.definition.steps.some(({ name }) => name === step)) return newest;
  if (exact !== undefined) return exact;
  return isEdited || !(born.versionDeclared || newest.definition.versionDeclared)
    ? newest
    : undefined;
}

/** What was loaded last wins, except that a declared version never gives way to a lower declared one. */
function replaces(candidate: TaskDefinition, current: TaskDefinition): boolean {
  if (!candidate.versionDeclared || !current.versionDeclared) return true;
  return compareVersions(candidate.version, current.version) >= 0;
}

function findIn(entries: ReadonlyMap<string, Entry>, spec: string): LoadedDefinition {
  const [path = '', version] = splitOnce(spec, '@');
  const slash = path.indexOf('/');
  const entry =
    slash >= 0
      ? entries.get(path)
      : (entries.get(fullName('default', path)) ?? onlyOneNamed(entries, path));
  const found = version === undefined ? entry?.newest : entry?.versions.get(version);
  if (found) return found;
  throw new TaskerError('DEFINITION_NOT_FOUND', {
    name: spec,
    suggestion: suggest(entries, { path, entry }),
  });
}

/** A bare name of another namespace is enough as long as it leaves no doubt. */
function onlyOneNamed(entries: ReadonlyMap<string, Entry>, name: string): Entry | undefined {
  const named = [...entries.values()].filter((entry) => entry.newest.definition.name === name);
  return named.length === 1 ? named[0] : undefined;
}

function suggest(
  entries: ReadonlyMap<string, Entry>,
  { path, entry }: { readonly path: string; readonly entry: Entry | undefined },
): string {
  if (entry)
    return ` Its versions are ${[...entry.versions.keys()].toSorted(compareVersions).join(', ')}.`;
  const inNamespaces = [...entries.keys()].filter((key) => key.endsWith(`/${path}`));
  if (inNamespaces.length > 0) return ` Name its namespace: ${inNamespaces.join(' or ')}.`;
  const bare = [...entries.values()].map((known) => known.newest.definition.name);
  return didYouMean(path, path.includes('/') ? entries.keys() : bare);
}

/** Negative when `a` is the lower version: parts between dots by number where both are numbers; `1.0.0-beta` is below `1.0.0`. */
export function compareVersions(a: string, b: string): number {
  const [coreA = '', preA] = splitOnce(splitOnce(a, '+')[0] ?? '', '-');
  const [coreB = '', preB] = splitOnce(splitOnce(b, '+')[0] ?? '', '-');
  const byCore = compareParts(coreA, coreB);
  if (byCore !== 0) return byCore;
  if (preA === undefined || preB === undefined)
    return Number(preA === undefined) - Number(preB === undefined);
  return compareParts(preA, preB);
}

function compareParts(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const [x = '0', y = '0'] = [left[i], right[i]];
    const bothNumbers = /^\d+$/.test(x) && /^\d+$/.test(y);
    const difference = bothNumbers ? Number(x) - Number(y) : Number(x > y) - Number(x < y);
    if (difference !== 0) return difference;
  }
  return 0;
}

function splitOnce(text: string, separator: string): readonly (string | undefined)[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function fullName(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
