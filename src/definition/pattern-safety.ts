import type { Characters, Pattern } from './pattern-syntax.ts';
import { overlap, readPattern } from './pattern-syntax.ts';

/**
 * Finds regular expressions that can take exponential time, or cubic time and worse.
 *
 * A backtracking matcher needs exponential time when a pattern can read one text in exponentially many ways: in its position
 * automaton (Glushkov), some position lies on two different loops that read the same text. That is checked exactly: the automaton
 * is paired with itself, and a pair of two different positions on a loop through a pair of equal ones proves it (Weber and Seidl,
 * "On the degree of ambiguity of finite automata", 1991). Two ways to go from one position to the same next one inside a loop
 * (`(a+)+`) count as well. Rows of repetitions that share their text (`.*.*.*x`) are refused from cubic time on.
 */
export interface PatternFault {
  readonly kind: 'invalid' | 'unsafe';
  /** The end of a sentence that begins with the pattern. */
  readonly message: string;
}

/** Positions that an automaton may have: keeps the check of one pattern to some milliseconds. */
const MAX_POSITIONS = 160;
/** A counted repetition is written out up to so many positions; beyond, it is taken for an endless one. */
const MAX_WRITTEN_OUT = 48;
/** So many repetitions of a body that reads texts of several lengths have few enough readings; more are taken for endless ones. */
const FEW = 4;
const MAX_PATTERN_LENGTH = 2_000;
const SLOW = 'can take exponential time: two ways through a repetition read the same text';

/**
 * Repetitions in a row that can share one text between them cost a power of its length: two are quadratic, which is common
 * (`.*@.*`) and bearable on texts of a request; more are not.
 */
const MAX_CHAIN = 2;
const STACKED = 'can take cubic time or worse: three repetitions in a row read the same text';

/** Why a pattern may not be used, or null when it may. */
export function patternFault(pattern: string): PatternFault | null {
  if (pattern.length > MAX_PATTERN_LENGTH)
    return unsafe(`is longer than ${MAX_PATTERN_LENGTH} characters`);
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return {
      kind: 'invalid',
      message: `is no regular expression: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  const automaton: Automaton = { sets: [], next: [], looks: [], refused: null };
  build(readPattern(pattern), automaton);
  while (automaton.looks.length > 0 && automaton.refused === null) {
    const body = automaton.looks.pop();
    if (body) build(body, automaton);
  }
  if (automaton.refused !== null) return unsafe(automaton.refused);
  const loops = loopsOf(automaton);
  if (loops.some((loop) => hasDoubleEdge(automaton, loop) || hasTwinPath(automaton, loop))) {
    return unsafe(SLOW);
  }
  return longestChain(automaton, loops) > MAX_CHAIN ? unsafe(STACKED) : null;
}

function unsafe(message: string): PatternFault {
  return { kind: 'unsafe', message };
}

/** Position automaton: what each position reads, and how many ways lead from it to each next one. */
interface Automaton {
  readonly sets: Characters[];
  readonly next: Map<number, number>[];
  /** Bodies of lookarounds that are still to be built; they match on their own. */
  readonly looks: Pattern[];
  refused: string | null;
}

interface Piece {
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** True when the piece can read nothing. */
  readonly nullable: boolean;
}

const NOTHING: Piece = { first: [], last: [], nullable: true };

function build(pattern: Pattern, automaton: Automaton): Piece {
  if (automaton.refused !== null) return NOTHING;
  switch (pattern.kind) {
    case 'empty':
      return NOTHING;
    case 'look':
      automaton.looks.push(pattern.body);
      return NOTHING;
    case 'backreference':
      automaton.refused = 'refers back to a group, which can take exponential time';
      return NOTHING;
    case 'characters':
      return buildPosition(pattern.set, automaton);
    case 'sequence':
      return pattern.parts.reduce<Piece>(
        (piece, part) => follow(piece, build(part, automaton), automaton),
        NOTHING,
      );
    case 'choice':
      return pattern.options.map((option) => build(option, automaton)).reduce(either);
    case 'repeat':
      return buildRepeat(pattern, automaton);
  }
}

function buildPosition(set: Characters, automaton: Automaton): Piece {
  const position = automaton.sets.length;
  if (position >= MAX_POSITIONS) {
    automaton.refused = `is too large to be checked (more than ${MAX_POSITIONS} places)`;
    return NOTHING;
  }
  automaton.sets.push(set);
  automaton.next.push(new Map());
  return { first: [position], last: [position], nullable: false };
}

function buildRepeat(
  { body, min, max }: Pattern & { kind: 'repeat' },
  automaton: Automaton,
): Piece {
  if (max === 0) return NOTHING;
  const before = automaton.sets.length;
  const once = build(body, automaton);
  const size = automaton.sets.length - before;
  if (max === 1) return { ...once, nullable: once.nullable || min === 0 };
  const mayWriteOut = max <= FEW || !varies(body);
  if (mayWriteOut && max * size <= MAX_WRITTEN_OUT && !once.nullable) {
    let piece: Piece = { ...once, nullable: min === 0 };
    for (let copy = 2; copy <= max; copy += 1) {
      const again = build(body, automaton);
      piece = follow(piece, { ...again, nullable: copy > min }, automaton);
    }
    return piece;
  }
  connect(once.last, once.first, automaton);
  return { ...once, nullable: once.nullable || min === 0 };
}

function varies(pattern: Pattern): boolean {
  if (pattern.kind === 'sequence') return pattern.parts.some(varies);
  if (pattern.kind === 'repeat') return pattern.min !== pattern.max || varies(pattern.body);
  return pattern.kind === 'choice';
}

function follow(left: Piece, right: Piece, automaton: Automaton): Piece {
  connect(left.last, right.first, automaton);
  return {
    first: left.nullable ? [...left.first, ...right.first] : left.first,
    last: right.nullable ? [...left.last, ...right.last] : right.last,
    nullable: left.nullable && right.nullable,
  };
}

function either(left: Piece, right: Piece): Piece {
  return {
    first: [...left.first, ...right.first],
    last: [...left.last, ...right.last],
    nullable: left.nullable || right.nullable,
  };
}

function connect(from: readonly number[], to: readonly number[], { next }: Automaton): void {
  for (const position of from) {
    const row = next[position];
    for (const target of to) row?.set(target, (row.get(target) ?? 0) + 1);
  }
}

/** Groups of positions that reach one another: the strongly connected parts, by plain reachability (at most 160 positions). */
function loopsOf({ next }: Automaton): ReadonlySet<number>[] {
  const reach = next.map((_, start) =>
    reachable([start], (position) => [...(next[position]?.keys() ?? [])]),
  );
  const loops: Set<number>[] = [];
  const placed = new Set<number>();
  reach.forEach((targets, start) => {
    if (placed.has(start) || !targets.has(start)) return;
    const loop = new Set([...targets].filter((target) => reach[target]?.has(start)));
    loop.forEach((position) => placed.add(position));
    loops.push(loop);
  });
  return loops;
}

function hasDoubleEdge({ next }: Automaton, loop: ReadonlySet<number>): boolean {
  return [...loop].some((position) =>
    [...(next[position] ?? [])].some(([target, ways]) => ways > 1 && loop.has(target)),
  );
}

/** True when two different positions of a loop can be reached from one, and lead back to one, by the same text. */
function hasTwinPath({ next, sets }: Automaton, loop: ReadonlySet<number>): boolean {
  const forward = new Map<number, number[]>();
  const backward = new Map<number, number[]>();
  const rows = new Map(
    [...loop].map((position) => [
      position,
      [...(next[position]?.keys() ?? [])].filter((to) => loop.has(to)),
    ]),
  );
  const step = (pair: number): readonly number[] => {
    const known = forward.get(pair);
    if (known) return known;
    const [left, right] = [Math.floor(pair / MAX_POSITIONS), pair % MAX_POSITIONS];
    const targets = (rows.get(left) ?? []).flatMap((a) =>
      (rows.get(right) ?? [])
        .filter((b) => overlap(sets[a] ?? null, sets[b] ?? null))
        .map((b) => a * MAX_POSITIONS + b),
    );
    forward.set(pair, targets);
    for (const target of targets) backward.set(target, [...(backward.get(target) ?? []), pair]);
    return targets;
  };
  const equal = [...loop].map((position) => position * MAX_POSITIONS + position);
  const there = reachable(equal, step);
  const back = reachable(equal, (pair) => backward.get(pair) ?? []);
  return [...there].some(
    (pair) => back.has(pair) && Math.floor(pair / MAX_POSITIONS) !== pair % MAX_POSITIONS,
  );
}

/**
 * The longest row of loops that can share one text: from each to the next leads a way on which every place reads something that
 * the first one reads as well. An upper bound, since it looks at single characters only.
 */
function longestChain(automaton: Automaton, loops: readonly ReadonlySet<number>[]): number {
  const lengths = new Map<number, number>();
  // Positions are numbered from left to right, so that later loops are measured first.
  for (let index = loops.length - 1; index >= 0; index -= 1) {
    const shared = sharedWays(automaton, loops[index] ?? new Set());
    const further = loops.map((loop, other) =>
      other > index && [...loop].some((position) => shared.has(position))
        ? (lengths.get(other) ?? 0)
        : 0,
    );
    lengths.set(index, 1 + Math.max(0, ...further));
  }
  return Math.max(0, ...lengths.values());
}

function sharedWays({ next, sets }: Automaton, loop: ReadonlySet<number>): ReadonlySet<number> {
  const readable = (position: number): boolean =>
    [...loop].some((member) => overlap(sets[member] ?? null, sets[position] ?? null));
  return reachable([...loop], (position) =>
    [...(next[position]?.keys() ?? [])].filter((target) => !loop.has(target) && readable(target)),
  );
}

/** What is reached from the starts in one step or more. */
function reachable(
  starts: readonly number[],
  step: (from: number) => readonly number[],
): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...starts];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    for (const to of step(from)) {
      if (found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}
