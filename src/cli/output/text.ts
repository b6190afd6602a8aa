/** Text for people: colours, width on the terminal, and nothing that could take the terminal over. */

type Paint = (text: string) => string;

/** Colours by meaning. Each is the identity when colours are off. */
export interface Style {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly active: Paint;
  readonly faint: Paint;
  readonly strong: Paint;
}

/** @param enabled false gives plain text */
export function createStyle(enabled: boolean): Style {
  const paint =
    (code: number): Paint =>
    (text) =>
      enabled && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text;
  return {
    good: paint(32),
    bad: paint(31),
    warn: paint(33),
    active: paint(36),
    faint: paint(2),
    strong: paint(1),
  };
}

/**
 * One line that a terminal shows as it is: line breaks become spaces, other control characters (which an error message from a
 * remote system may carry to move the cursor or recolour the screen) become `\u00XX` in writing.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').replaceAll(CONTROL, visible);
}

/** Like `oneLine`, but line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(CONTROL_IN_BLOCK, visible);
}

/** How many columns the text takes: wide characters (CJK, emoji) take two, combining marks none, colours none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text.replaceAll(COLOUR, '')) width += characterWidth(character);
  return width;
}

/** The text within so many columns, with `…` where it was cut. Only for text without colours. */
export function fit(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/** The text followed by spaces up to so many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

const CONTROL = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;
const CONTROL_IN_BLOCK = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu;
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;

function characterWidth(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

function visible(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0').toUpperCase()}`;
}
