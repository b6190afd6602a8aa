// Reads the compiled engine and finds every place where it asks the database for something, and which verbs come to which place.
// Nothing in the product is marked: a statement is called after the function that runs it, a transaction after the function that opens it.
import { readFileSync, readdirSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';
import { NEVER, OUTSIDE, VERBS } from './verbs.mjs';

export const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const ROOMS = ['store', 'engine', 'worker', 'maintenance'];
const FUNCTION = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;
const ASKS = new Set(['query', 'script', 'transaction']);

/** The text of every compiled file that may ask the database for the engine, by its path under dist. */
export function compiledFiles() {
  const names = ROOMS.flatMap((room) =>
    readdirSync(join(DIST, room), { recursive: true, encoding: 'utf8' }).map((name) =>
      posix.join(room, name.split(sep).join('/')),
    ),
  ).filter((name) => name.endsWith('.js'));
  return new Map(
    [...names.sort(), 'db/migrate.js', 'runtime.js'].map((name) => [
      name,
      readFileSync(join(DIST, name), 'utf8'),
    ]),
  );
}

/**
 * The map of the engine:
 *   units     functions, as `engine/settle.js#settleTasks`, with where they stand and what they call
 *   sites     places that ask the database: { file, start, end, unit, statement }
 *   required  what must be exercised before and after, as `cancel-task/lock-tasks`, sorted
 *   problems  statements that belong to no verb and are not listed as outside, verbs whose function is gone
 */
export function scan(files = compiledFiles()) {
  const units = new Map();
  const imports = new Map();
  for (const [file, text] of files) readUnits(file, text, { units, imports });
  const sites = sitesOf(units);
  const storeFunctions = boundStatements(files, { units, imports });
  const calls = new Map(
    [...units.values()].map((unit) => [unit.id, callsOf(unit, { units, imports, storeFunctions })]),
  );
  const begins = new Set(Object.values(VERBS).flat());
  const reaches = (root) => {
    const seen = new Set([root]);
    for (const id of seen) {
      // Where another verb begins, this one ends; a verb that is one statement is part of those that run it.
      for (const next of calls.get(id) ?? [])
        if (!begins.has(next) || next.startsWith('store/')) seen.add(next);
    }
    return seen;
  };
  const verbsOf = new Map();
  const problems = [];
  for (const [verb, roots] of Object.entries(VERBS)) {
    for (const root of roots) {
      if (!units.has(root)) problems.push(`the verb ${verb} has lost its function ${root}`);
      for (const id of reaches(root)) verbsOf.set(id, [...(verbsOf.get(id) ?? []), verb]);
    }
  }
  const required = sites
    .flatMap((site) =>
      (verbsOf.get(site.unit) ?? []).flatMap((verb) =>
        namesOf(site).map((name) => `${verb}/${name}`),
      ),
    )
    .filter((name) => !NEVER.has(name));
  for (const { unit, statement, kind } of sites) {
    if (verbsOf.has(unit) || isOutside(unit)) continue;
    problems.push(`${kind} ${statement} (${unit}) belongs to no verb`);
  }
  return {
    units: [...units.values()].map(({ id, file, start, end }) => ({
      id,
      file,
      start,
      end,
      verbs: verbsOf.get(id) ?? [],
    })),
    sites,
    roots: Object.fromEntries(
      Object.entries(VERBS).flatMap(([verb, roots]) => roots.map((root) => [root, verb])),
    ),
    required: [...new Set(required)].toSorted((a, b) => a.localeCompare(b)),
    problems,
  };
}

const isOutside = (unit) => OUTSIDE.some((prefix) => unit.startsWith(prefix));

/** A transaction is two awaits: its beginning and its commit. */
export function namesOf({ kind, statement }) {
  return kind === 'transaction' ? [`begin(${statement})`, `commit(${statement})`] : [statement];
}

function readUnits(file, text, { units, imports }) {
  const known = new Map();
  imports.set(file, known);
  const open = (path, node) => {
    const id = `${file}#${path}`;
    const unit = units.get(id) ?? {
      id,
      file,
      path,
      start: node.start,
      end: node.end,
      names: new Set(),
      members: [],
      asks: [],
    };
    units.set(id, unit);
    return unit;
  };
  const visit = (node, unit, name) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) {
      for (const child of node) visit(child, unit, undefined);
      return;
    }
    if (typeof node.type !== 'string') return;
    if (node.type === 'ImportDeclaration') {
      const from = node.source.value;
      if (from.startsWith('.'))
        for (const { local, imported } of node.specifiers)
          known.set(local.name, `${posix.join(posix.dirname(file), from)}#${imported?.name ?? ''}`);
      return;
    }
    const own = FUNCTION.test(node.type) ? (node.id?.name ?? name) : undefined;
    const inside = own === undefined ? unit : open(pathIn(unit, own), node);
    note(node, inside);
    for (const [key, child] of Object.entries(node)) {
      if (key === 'type' || isNameOnly(node, key)) continue;
      visit(child, classOf(node, inside, { key, open }), nameGiven(node, key));
    }
  };
  visit(parseAst(text, { lang: 'js' }), open('', { start: 0, end: text.length }), undefined);
}

const pathIn = (unit, name) => (unit.path === '' ? name : `${unit.path}.${name}`);

/** The body of a class is a unit of its own, so that its methods are called after it. */
function classOf(node, unit, { key, open }) {
  return /^Class(Declaration|Expression)$/.test(node.type) && key === 'body' && node.id
    ? open(pathIn(unit, node.id.name), node)
    : unit;
}

/** The name that a function gets from where it stands. */
function nameGiven(node, key) {
  if (node.type === 'VariableDeclarator' && key === 'init') return node.id.name;
  if (/^(MethodDefinition|PropertyDefinition|Property)$/.test(node.type) && key === 'value')
    return keyName(node);
  return undefined;
}

const keyName = ({ key, computed }) =>
  computed ? undefined : `${key.type === 'PrivateIdentifier' ? '#' : ''}${key.name ?? key.value}`;

const isNameOnly = (node, key) =>
  (key === 'property' && !node.computed) || (key === 'key' && !node.computed && !node.shorthand);

function note(node, unit) {
  if (node.type === 'Identifier') unit.names.add(node.name);
  if (node.type === 'MemberExpression' && !node.computed) {
    const of =
      node.object.type === 'ThisExpression'
        ? 'this'
        : (node.object.name ?? node.object.property?.name ?? '');
    const mark = node.property.type === 'PrivateIdentifier' ? '#' : '';
    unit.members.push([of, `${mark}${node.property.name}`]);
  }
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return;
  const asked = node.callee.property.name;
  if (ASKS.has(asked)) unit.asks.push({ kind: asked, start: node.start, end: node.end });
}

/** Named after the outermost function, with a number where that has several. */
function sitesOf(units) {
  const sites = [...units.values()].flatMap((unit) =>
    unit.asks.map((ask) => ({
      ...ask,
      file: unit.file,
      unit: unit.id,
      outer: kebab(unit.path.split('.')[0] ?? ''),
    })),
  );
  return sites.map(({ outer, ...site }) => {
    const same = sites.filter(
      (other) =>
        other.file === site.file &&
        other.outer === outer &&
        (other.kind === 'transaction') === (site.kind === 'transaction'),
    );
    const at = same.findIndex(({ start }) => start === site.start);
    return { ...site, statement: same.length === 1 ? outer : `${outer}.${at + 1}` };
  });
}

const kebab = (name) =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('#', '');

/** `parts.store.advanceSteps` → the function that store/index.js binds under that name. */
function boundStatements(files, { units, imports }) {
  const bound = new Map();
  for (const [, target] of imports.get('store/index.js') ?? []) {
    const [file, name] = target.split('#');
    if (files.has(file) && units.has(target)) bound.set(name, target);
  }
  return bound;
}

function callsOf(unit, { units, imports, storeFunctions }) {
  if (unit.file === 'store/index.js') return []; // it binds every statement and runs none
  const targets = new Set();
  const inScope = (name) => {
    const path = unit.path === '' ? [] : unit.path.split('.');
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const id = `${unit.file}#${[...path.slice(0, depth), name].join('.')}`;
      if (units.has(id) && id !== unit.id) return id;
    }
    return imports.get(unit.file)?.get(name);
  };
  for (const name of unit.names) {
    const target = inScope(name);
    if (target !== undefined && units.has(target)) targets.add(target);
  }
  for (const [of, name] of unit.members) {
    if (of === 'this') targets.add(`${unit.file}#${unit.path.split('.')[0]}.${name}`);
    else if (of === 'store' && storeFunctions.has(name)) targets.add(storeFunctions.get(name));
    else if (of === 'pinned')
      targets.add(`engine/pinned-definitions.js#createPinnedDefinitions.${name}`);
  }
  return [...targets].filter((id) => units.has(id));
}
