import { nearest } from '../kernel/nearest.ts';
import type { Fields } from './fields.ts';
import { given, shorten, textListField } from './fields.ts';
import type { Path } from './problem.ts';

interface Mention {
  readonly name: string;
  readonly path: Path;
}

/**
 * The positions that a step depends on, ascending: `depends_on_step` and `depends_on_steps` together, each once. Naming one step in
 * both forms is refused, because one of the two is a leftover.
 */
export function readParents(
  fields: Fields,
  positions: ReadonlyMap<string, number>,
): readonly number[] {
  const own = given(fields, 'name');
  const parents = new Set<number>();
  for (const { name, path } of mentionsOf(fields)) {
    const position = positions.get(name);
    if (name === own) {
      fields.report({
        code: 'CYCLE',
        path,
        message: `step "${shorten(name)}" depends on itself: ${shorten(name)} -> ${shorten(name)}`,
      });
    } else if (position === undefined) {
      fields.report({
        code: 'UNKNOWN_STEP',
        path,
        message: `step "${typeof own === 'string' ? shorten(own) : '?'}" depends on "${shorten(name)}", which does not exist`,
        suggestion: nearest(name, positions.keys()),
      });
    } else {
      parents.add(position);
    }
  }
  return [...parents].toSorted((a, b) => a - b);
}

/** With `named_steps`, every step and dependency must be in the list, and every name of the list must be a step. */
export function checkNamedSteps(
  fields: Fields,
  steps: readonly { readonly place: Fields; readonly draft: { readonly name: string } }[],
): void {
  const list = textListField(fields, 'named_steps');
  if (list === undefined) return;
  const listed = new Set(list.map(({ text }) => text));
  const names = new Set(steps.map(({ draft }) => draft.name));
  for (const { place, draft } of steps) {
    if (draft.name !== '' && !listed.has(draft.name)) {
      place.report({
        code: 'UNKNOWN_STEP',
        path: [...place.path, 'name'],
        message: `step "${draft.name}" is not in the named_steps list`,
        suggestion: nearest(draft.name, listed),
      });
    }
    for (const { name, path } of mentionsOf({ ...place, report: () => undefined })) {
      if (listed.has(name) || !names.has(name)) continue; // an unknown step is reported as such
      place.report({
        code: 'UNKNOWN_STEP',
        path,
        message: `the dependency "${shorten(name)}" is not in the named_steps list`,
      });
    }
  }
  for (const { text, index } of list) {
    if (names.has(text)) continue;
    fields.report({
      code: 'UNUSED_STEP_NAME',
      path: ['named_steps', index],
      message: `"${shorten(text)}" is in the named_steps list, but no step has that name`,
      suggestion: nearest(text, names),
    });
  }
}

function mentionsOf(fields: Fields): readonly Mention[] {
  const one = given(fields, 'depends_on_step');
  const onePath = [...fields.path, 'depends_on_step'];
  if (one !== undefined && typeof one !== 'string') {
    fields.report({
      code: 'TYPE',
      path: onePath,
      field: 'depends_on_step',
      message: 'must be the name of a step',
    });
  }
  const many = (textListField(fields, 'depends_on_steps') ?? []).map(({ text, index }) => ({
    name: text,
    path: [...fields.path, 'depends_on_steps', index],
  }));
  if (typeof one !== 'string') return many;
  const twice = many.find(({ name }) => name === one);
  if (twice) {
    const message = `"${shorten(one)}" is named in depends_on_step and in depends_on_steps: keep one`;
    fields.report({ code: 'AMBIGUOUS', path: twice.path, message });
  }
  return [{ name: one, path: onePath }, ...many];
}
