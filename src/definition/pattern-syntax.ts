/*
 * A small reader of regular expressions (the `u` flavour that JSON Schema uses), for `pattern-safety.ts`. The text is known to
 * compile, so it only needs to see structure: what repeats, what is a choice, and which characters a place takes.
 */

/** Code points that one place of a pattern takes, as ranges; null = anything (a class that is not worked out exactly). */
export type Characters = readonly (readonly [number, number])[] | null;

export type Pattern =
  | { readonly kind: 'characters'; readonly set: Characters }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly body: Pattern; readonly min: number; readonly max: number }
  /** Takes no character: anchors, `\b`. */
  | { readonly kind: 'empty' }
  /** Looks without taking; its inside is matched on its own. */
  | { readonly kind: 'look'; readonly body: Pattern }
  | { readonly kind: 'backreference' };

const EMPTY: Pattern = { kind: 'empty' };
const DIGIT: Characters = [[48, 57]];
const WORD: Characters = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: Characters = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

interface Cursor {
  readonly points: readonly string[];
  at: number;
}

/** Reads a pattern that compiles with the `u` flag. */
export function readPattern(pattern: string): Pattern {
  return readChoice({ points: Array.from(pattern), at: 0 });
}

function readChoice(cursor: Cursor): Pattern {
  const options = [readSequence(cursor)];
  while (cursor.points[cursor.at] === '|') {
    cursor.at += 1;
    options.push(readSequence(cursor));
  }
  return options.length === 1 ? (options[0] ?? EMPTY) : { kind: 'choice', options };
}

function readSequence(cursor: Cursor): Pattern {
  const parts: Pattern[] = [];
  for (
    let next = cursor.points[cursor.at];
    next !== undefined && next !== '|' && next !== ')';
    next = cursor.points[cursor.at]
  ) {
    parts.push(readRepeat(cursor, readAtom(cursor)));
  }
  return { kind: 'sequence', parts };
}

function readRepeat(cursor: Cursor, body: Pattern): Pattern {
  const [text, min, max] = quantifierAt(cursor);
  if (text === '') return body;
  cursor.at += text.length;
  if (cursor.points[cursor.at] === '?') cursor.at += 1; // lazy: the same set of ways
  return { kind: 'repeat', body, min, max };
}

function quantifierAt(cursor: Cursor): readonly [string, number, number] {
  const sign = cursor.points[cursor.at];
  if (sign === '*') return [sign, 0, Infinity];
  if (sign === '+') return [sign, 1, Infinity];
  if (sign === '?') return [sign, 0, 1];
  const match =
    sign === '{'
      ? /^\{(\d+)(,(\d*))?\}/.exec(cursor.points.slice(cursor.at, cursor.at + 32).join(''))
      : null;
  if (!match) return ['', 1, 1];
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
  return [match[0], min, max];
}

function readAtom(cursor: Cursor): Pattern {
  const point = cursor.points[cursor.at] ?? '';
  cursor.at += 1;
  switch (point) {
    case '^':
    case '$':
      return EMPTY;
    case '.':
      return { kind: 'characters', set: null };
    case '(':
      return readGroup(cursor);
    case '[':
      return { kind: 'characters', set: readClass(cursor) };
    case '\\':
      return readEscape(cursor);
    default:
      return { kind: 'characters', set: single(point) };
  }
}

function readGroup(cursor: Cursor): Pattern {
  const opening =
    /^\?(?:<[A-Za-z_$][\w$]*>|:|<?[=!]|[a-z-]*:)/.exec(
      cursor.points.slice(cursor.at, cursor.at + 80).join(''),
    )?.[0] ?? '';
  cursor.at += opening.length;
  const body = readChoice(cursor);
  cursor.at += 1; // the closing parenthesis
  return /^\?<?[=!]$/.test(opening) ? { kind: 'look', body } : body;
}

function readEscape(cursor: Cursor): Pattern {
  const letter = cursor.points[cursor.at] ?? '';
  if (letter === 'b' || letter === 'B') {
    cursor.at += 1;
    return EMPTY;
  }
  if (/[1-9k]/.test(letter)) {
    cursor.at = cursor.points.length; // a backreference is refused whatever follows it
    return { kind: 'backreference' };
  }
  return { kind: 'characters', set: readEscaped(cursor) };
}

/** The characters of an escape, the backslash being behind the cursor. */
function readEscaped(cursor: Cursor): Characters {
  const letter = cursor.points[cursor.at] ?? '';
  cursor.at += 1;
  if (letter === 'd') return DIGIT;
  if (letter === 'w') return WORD;
  if (letter === 's') return SPACE;
  if ('pP'.includes(letter)) {
    cursor.at = cursor.points.indexOf('}', cursor.at) + 1;
    return null;
  }
  if ('DWS'.includes(letter))
    return complement(letter === 'D' ? DIGIT : letter === 'W' ? WORD : SPACE);
  const text = cursor.points.slice(cursor.at, cursor.at + 12).join('');
  const code =
    letter === 'x'
      ? /^[0-9a-fA-F]{2}/.exec(text)
      : letter === 'u'
        ? /^(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})/.exec(text)
        : null;
  if (letter === 'c') {
    cursor.at += 1;
    return null;
  }
  if (!code) return single(CONTROL[letter] ?? letter);
  cursor.at += code[0].length;
  const value = Number.parseInt(code[0].replaceAll(/[{}]/g, ''), 16);
  return value >= 0xd800 && value <= 0xdfff ? null : [[value, value]]; // half of a pair: not worked out
}

const CONTROL: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
  0: '\0',
};

function readClass(cursor: Cursor): Characters {
  const negated = cursor.points[cursor.at] === '^';
  if (negated) cursor.at += 1;
  const ranges: (readonly [number, number])[] = [];
  let known = true;
  while (cursor.at < cursor.points.length && cursor.points[cursor.at] !== ']') {
    const from = readMember(cursor);
    const isRange = cursor.points[cursor.at] === '-' && cursor.points[cursor.at + 1] !== ']';
    if (isRange) cursor.at += 1;
    const to = isRange ? readMember(cursor) : from;
    if (from === null || to === null) known = false;
    else if (isRange) ranges.push([from[0]?.[0] ?? 0, to[0]?.[1] ?? MAX_POINT]);
    else ranges.push(...from);
  }
  cursor.at += 1; // the closing bracket
  if (!known) return null;
  return negated ? complement(ranges) : ranges;
}

function readMember(cursor: Cursor): Characters {
  const point = cursor.points[cursor.at] ?? '';
  cursor.at += 1;
  if (point !== '\\') return single(point);
  if (cursor.points[cursor.at] === 'b') {
    cursor.at += 1;
    return single('\b');
  }
  return readEscaped(cursor);
}

const MAX_POINT = 0x10ffff;

function single(text: string): Characters {
  const point = text.codePointAt(0) ?? 0;
  return [[point, point]];
}

function complement(ranges: Characters): Characters {
  if (ranges === null) return null;
  const result: [number, number][] = [];
  let from = 0;
  for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (low > from) result.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= MAX_POINT) result.push([from, MAX_POINT]);
  return result;
}

/** True when some character fits both. */
export function overlap(a: Characters, b: Characters): boolean {
  if (a === null) return b === null || b.length > 0;
  if (b === null) return a.length > 0;
  return a.some(([low, high]) =>
    b.some(([otherLow, otherHigh]) => low <= otherHigh && otherLow <= high),
  );
}
