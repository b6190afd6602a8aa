import type { Json } from '../../kernel/json.ts';
import { isJsonObject } from '../../kernel/json.ts';
import { nearest } from '../../kernel/nearest.ts';
import { isList, shorten } from '../fields.ts';
import { nameFault } from '../names.ts';
import type { Path, Report } from '../problem.ts';
import { placeKey } from './places.ts';

/** A document with one environment's block applied, and where the applied parts came from. */
export interface EnvironmentView {
  readonly document: { readonly [key: string]: Json };
  /** The path in the file for a path in `document`. */
  readonly originOf: (path: Path) => Path;
}

/** Environments that one file may have. */
const MAX_ENVIRONMENTS = 20;
/** What tells tasks apart cannot differ between environments. */
const FIXED_FIELDS = ['name', 'namespace', 'version', 'environments', 'named_steps'];

/** The names under `environments:`; reports a block that is none. */
export function environmentNames(
  document: { readonly [key: string]: Json },
  report: Report,
): readonly string[] {
  const blocks = document['environments'] ?? null;
  if (blocks === null) return [];
  if (!isJsonObject(blocks)) {
    report({
      code: 'TYPE',
      path: ['environments'],
      field: 'environments',
      message: 'must be an object: one block per environment',
    });
    return [];
  }
  const names = Object.keys(blocks);
  if (names.length > MAX_ENVIRONMENTS) {
    report({
      code: 'RANGE',
      path: ['environments'],
      message: `a definition has at most ${MAX_ENVIRONMENTS} environments`,
    });
    return [];
  }
  return names.filter((name) => {
    const path = ['environments', name];
    const fault = nameFault(name, 64);
    if (fault !== null)
      report({
        code: 'INVALID_NAME',
        path,
        onKey: true,
        message: `the environment "${shorten(name)}" ${fault}`,
      });
    const isBlock = isJsonObject(blocks[name] ?? {});
    if (!isBlock)
      report({
        code: 'TYPE',
        path,
        message: `the environment "${shorten(name)}" must be an object`,
      });
    return fault === null && isBlock;
  });
}

/**
 * Lays the block of an environment over the document: objects are merged member by member, steps are matched by name, and
 * everything else (text, numbers, lists) is replaced. An environment without a block leaves the document as it is.
 */
export function applyEnvironment(
  document: { readonly [key: string]: Json },
  name: string,
  report: Report,
): EnvironmentView {
  const { environments, ...base } = document;
  const block =
    isJsonObject(environments) && Object.hasOwn(environments, name)
      ? (environments[name] ?? null)
      : null;
  const origins = new Map<string, Path>();
  if (!isJsonObject(block)) return { document: base, originOf: (path) => path };
  const merge: Merge = { from: ['environments', name], origins, report };
  const members: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(block)) {
    const from = [...merge.from, key];
    if (FIXED_FIELDS.includes(key)) {
      report({
        code: 'UNKNOWN_FIELD',
        path: from,
        onKey: true,
        message: `"${key}" cannot differ between environments`,
      });
    } else if (key === 'steps' || key === 'step_templates') {
      const stepsField = base['step_templates'] === undefined ? 'steps' : 'step_templates';
      members[stepsField] = mergeSteps(base[stepsField] ?? null, value, {
        ...merge,
        from,
        at: [stepsField],
      });
    } else {
      members[key] = overlay(base[key], value, { ...merge, from, at: [key] });
    }
  }
  return { document: members, originOf: (path) => originOf(origins, path) };
}

interface Merge {
  readonly from: Path;
  readonly origins: Map<string, Path>;
  readonly report: Report;
}

type MergeAt = Merge & { readonly at: Path };

function overlay(base: Json | undefined, over: Json, merge: MergeAt): Json {
  if (!isJsonObject(base) || !isJsonObject(over)) {
    merge.origins.set(placeKey(merge.at), merge.from);
    return over;
  }
  const members: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    members[key] = overlay(base[key], value, {
      ...merge,
      from: [...merge.from, key],
      at: [...merge.at, key],
    });
  }
  return members;
}

function mergeSteps(base: Json, over: Json, merge: MergeAt): Json {
  if (!isList(over) || !isList(base)) {
    merge.report({
      code: 'TYPE',
      path: merge.from,
      message: 'the steps of an environment must be a list of steps of this task',
    });
    return base;
  }
  const names = base.map((step) => (isJsonObject(step) ? step['name'] : undefined));
  const steps = [...base];
  over.forEach((step, index) => {
    const from = [...merge.from, index];
    const name = isJsonObject(step) ? step['name'] : undefined;
    const position = typeof name === 'string' ? names.indexOf(name) : -1;
    if (position < 0) {
      merge.report({
        code: typeof name === 'string' ? 'UNKNOWN_STEP' : 'REQUIRED',
        path: typeof name === 'string' ? [...from, 'name'] : from,
        message:
          typeof name === 'string'
            ? `this environment changes step "${shorten(name)}", which does not exist`
            : 'a step of an environment needs the name of the step that it changes',
        suggestion:
          typeof name === 'string'
            ? nearest(
                name,
                names.filter((known) => typeof known === 'string'),
              )
            : undefined,
      });
      return;
    }
    steps[position] = overlay(steps[position], step, {
      ...merge,
      from,
      at: [...merge.at, position],
    });
  });
  return steps;
}

/** The longest part of the path that an environment replaced decides; the rest is the same below it. */
function originOf(origins: ReadonlyMap<string, Path>, path: Path): Path {
  for (let length = path.length; length > 0; length -= 1) {
    const origin = origins.get(placeKey(path.slice(0, length)));
    if (origin) return [...origin, ...path.slice(length)];
  }
  return path;
}
