import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, visit } from 'yaml';
import type { Json } from '../../kernel/json.ts';
import type { Path, ProblemCode } from '../problem.ts';
import type { Place, Stretch, TreeFault } from './places.ts';
import { placeKey } from './places.ts';

/** `*alias` uses in one file; more is a bomb, not a definition. */
const MAX_ALIASES = 1_000;
/** Values in one file, counting those behind an alias at every use. */
const MAX_VALUES = 100_000;
/** Keys that reach into an object's prototype when a careless reader copies them. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const KNOWN_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

/**
 * Turns a parsed document into plain data; notes the place of everything and what is wrong.
 *
 * I1: every node is read at most once per use, and uses are counted, so that aliases cannot multiply into more than `MAX_VALUES`.
 * I2: no key reaches a prototype: the three that could are refused.
 */
export function readContents(
  document: Document.Parsed,
  found: { readonly places: Map<string, Place>; readonly faults: TreeFault[] },
): Json {
  if (!isNode(document.contents)) return null;
  const reader: Reader = {
    ...found,
    targets: aliasTargets(document),
    ancestors: new Set(),
    aliases: 0,
    values: 0,
    stopped: false,
  };
  return readNode(reader, document.contents, []);
}

interface Reader {
  readonly targets: ReadonlyMap<Node, Node>;
  readonly places: Map<string, Place>;
  readonly faults: TreeFault[];
  /** Nodes that are being read: an alias to one of them has no end. */
  readonly ancestors: Set<Node>;
  aliases: number;
  values: number;
  stopped: boolean;
}

function readNode(reader: Reader, node: Node, path: Path): Json {
  if (reader.stopped) return null;
  reader.values += 1;
  if (isBeyondLimit(reader, node)) return null;
  if (isAlias(node)) return readAlias(reader, node, path);
  if (node.tag !== undefined && !KNOWN_TAGS.has(node.tag)) {
    fault(reader, node, {
      code: 'UNKNOWN_TAG',
      message: `the tag ${node.tag.slice(0, 60)} is not known: a definition is plain data`,
    });
    return null;
  }
  if (isScalar(node)) return readScalar(reader, node, node.value);
  reader.ancestors.add(node);
  const value = isMap(node)
    ? readMap(reader, node, path)
    : isSeq(node)
      ? node.items.map((item, index) => readItem(reader, item, [...path, index]))
      : null;
  reader.ancestors.delete(node);
  return value;
}

function readItem(reader: Reader, item: unknown, path: Path): Json {
  if (!isNode(item)) return null; // an empty element: `- `
  reader.places.set(placeKey(path), { key: stretch(item), value: stretch(item) });
  return readNode(reader, item, path);
}

function readScalar(reader: Reader, node: Node, value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  fault(reader, node, {
    code: 'TYPE',
    message: 'this value is no text, number, true, false or null',
  });
  return null;
}

function readAlias(reader: Reader, node: Node & { readonly source: string }, path: Path): Json {
  reader.aliases += 1;
  if (reader.aliases > MAX_ALIASES)
    return stop(reader, node, {
      code: 'ALIASES',
      message: `more than ${MAX_ALIASES} uses of *aliases`,
    });
  const target = resolve(reader, node);
  if (target === undefined) return null;
  return readNode(reader, target, path);
}

function resolve(reader: Reader, node: Node): Node | undefined {
  const target = isAlias(node) ? reader.targets.get(node) : node;
  if (target !== undefined && !reader.ancestors.has(target)) return target;
  const message =
    target === undefined ? 'this *alias has no &anchor before it' : 'this *alias contains itself';
  fault(reader, node, { code: 'ALIASES', message });
  return undefined;
}

/** What every alias stands for: the last node before it with that anchor. One walk; `Alias.resolve` would take one per alias. */
function aliasTargets(document: Document.Parsed): ReadonlyMap<Node, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(document, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function readMap(reader: Reader, map: YAMLMap, path: Path): Json {
  const members: Record<string, Json> = {};
  const merged: Pair[] = [];
  for (const pair of map.items) {
    const key = readKey(reader, pair);
    if (key === '<<') merged.push(pair);
    else if (key !== null) readMember(reader, pair, { key, path: [...path, key], members });
  }
  for (const pair of merged) mergeInto(reader, pair, { path, members });
  return members;
}

function readMember(
  reader: Reader,
  pair: Pair,
  {
    key,
    path,
    members,
  }: { readonly key: string; readonly path: Path; readonly members: Record<string, Json> },
): void {
  if (Object.hasOwn(members, key)) {
    if (isNode(pair.key))
      fault(reader, pair.key, {
        code: 'DUPLICATE_KEY',
        message: `the key "${key.slice(0, 60)}" is there twice`,
      });
    return;
  }
  const place = isNode(pair.key) ? stretch(pair.key) : ([0, 0] as const);
  reader.places.set(placeKey(path), {
    key: place,
    value: isNode(pair.value) ? valueStretch(pair.value, place) : place,
  });
  members[key] = isNode(pair.value) ? readNode(reader, pair.value, path) : null;
}

/** `<<: *defaults` and `<<: [*a, *b]`: members that the map does not have itself; the first one named wins. */
function mergeInto(
  reader: Reader,
  pair: Pair,
  { path, members }: { readonly path: Path; readonly members: Record<string, Json> },
): void {
  const sources = isSeq(pair.value) ? pair.value.items : [pair.value];
  for (const source of sources) {
    reader.aliases += 1;
    if (reader.stopped || !isNode(source)) continue;
    if (reader.aliases > MAX_ALIASES) {
      stop(reader, source, {
        code: 'ALIASES',
        message: `more than ${MAX_ALIASES} uses of *aliases`,
      });
      return;
    }
    const target = resolve(reader, source);
    if (target === undefined) continue;
    if (!isMap(target)) {
      fault(reader, source, {
        code: 'YAML_SYNTAX',
        message: '"<<" takes an *alias of a map, or a list of them',
      });
      continue;
    }
    reader.values += target.items.length;
    if (isBeyondLimit(reader, source)) return;
    for (const inner of target.items) {
      const key = readKey(reader, inner);
      if (key === null || key === '<<' || Object.hasOwn(members, key)) continue;
      readMember(reader, inner, { key, path: [...path, key], members });
    }
  }
}

/** The key of a pair as text, or null when it is none, which is reported. */
function readKey(reader: Reader, pair: Pair): string | null {
  const value: unknown = isScalar(pair.key) ? pair.key.value : undefined;
  if (typeof value === 'symbol') return '<<'; // how YAML 1.1 documents spell a merge
  const key =
    typeof value === 'string'
      ? value
      : typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : null;
  const node = isNode(pair.key) ? pair.key : isNode(pair.value) ? pair.value : null;
  if (key === null && node)
    fault(reader, node, { code: 'YAML_SYNTAX', message: 'a key must be plain text' });
  if (key !== null && node && FORBIDDEN_KEYS.has(key)) {
    fault(reader, node, {
      code: 'FORBIDDEN_KEY',
      message: `the key "${key}" is not allowed in a definition`,
    });
    return null;
  }
  return key;
}

function isBeyondLimit(reader: Reader, node: Node): boolean {
  if (reader.values <= MAX_VALUES) return false;
  const code = reader.aliases > 0 ? 'ALIASES' : 'TOO_LARGE';
  stop(reader, node, { code, message: `the file holds more than ${MAX_VALUES} values` });
  return true;
}

function stop(
  reader: Reader,
  node: Node,
  problem: { readonly code: ProblemCode; readonly message: string },
): null {
  reader.stopped = true;
  fault(reader, node, problem);
  return null;
}

function fault(
  reader: Reader,
  node: Node,
  { code, message }: { readonly code: ProblemCode; readonly message: string },
): void {
  const [offset, end] = stretch(node);
  reader.faults.push({ code, offset, end, message });
}

function stretch(node: Node): Stretch {
  const [start = 0, end = 0] = node.range ?? [];
  return [start, end];
}

/** An empty value has no width: its key stands for it. */
function valueStretch(node: Node, key: Stretch): Stretch {
  const [start, end] = stretch(node);
  return end > start ? [start, end] : key;
}
