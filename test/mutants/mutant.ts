/** A test that must fail. */
export interface Killer {
  /** Such as `test/race/claim.test.ts`. */
  readonly file: string;
  /** The whole title of the test; for one of a table, with its values filled in. */
  readonly title: string;
  /** For a suite that runs on both databases: the one that is quicker or the only one that shows it. */
  readonly on?: 'postgres' | 'pglite';
}

/** A fault that somebody could make, and the test that would tell them. */
export interface Mutant {
  /** What the fault does, in a few words; unique. */
  readonly name: string;
  /** The file that it is made in, such as `src/store/steps/advance-steps.ts`. */
  readonly file: string;
  /** The code that is changed. Spaces and line breaks in it match any others, or none. */
  readonly find: string;
  /** What stands there instead. */
  readonly replace: string;
  /** How often the code stands there: all of these are changed. @default 1 */
  readonly times?: number;
  readonly killedBy: Killer;
}

/** How often the code of a mutant stands in its file. */
export function countAnchors({ find }: Pick<Mutant, 'find'>, text: string): number {
  return [...text.matchAll(anchor(find))].length;
}

/** The text with the fault in it. @throws Error when the code does not stand there as often as the mutant says */
export function applyMutant(mutant: Mutant, text: string): string {
  const { file, find, replace, times = 1 } = mutant;
  const found = countAnchors(mutant, text);
  if (found !== times)
    throw new Error(`${file} has ${found} times, not ${times} times: ${find.trim()}`);
  return text.replaceAll(anchor(find), () => replace);
}

/** The names of tests, as vitest puts them together, that a killer means. */
export function killerPattern({ title, on }: Killer): string {
  const exact = title.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  return on === undefined ? `(^|.* )${exact}$` : `\\[${on}\\] (.* )?${exact}$`;
}

/**
 * Formatters move line breaks and spaces, so tokens are compared and what is between them is not. Between two words there must be
 * something; in generated files a line break may be written out.
 */
function anchor(find: string): RegExp {
  const tokens = find.match(/[\w$]+|[^\s\w$]/g) ?? [];
  const isWord = (token: string | undefined): boolean => /^[\w$]/.test(token ?? '');
  const source = tokens
    .map((token, index) => {
      const exact = token.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
      if (index === 0) return exact;
      return `${SPACE}${isWord(token) && isWord(tokens[index - 1]) ? '+' : '*'}${exact}`;
    })
    .join('');
  const before = isWord(tokens[0]) ? WORD_BEGINS : '';
  const after = isWord(tokens.at(-1)) ? WORD_ENDS : '';
  return new RegExp(`${before}${source}${after}`, 'g');
}

const SPACE = String.raw`(?:\s|\\n)`;
const WORD_BEGINS = String.raw`(?:(?<![\w$])|(?<=\\n))`;
const WORD_ENDS = String.raw`(?![\w$])`;
