import { TaskerError } from '../../kernel/errors.ts';
import { DEFAULT_JSON_LIMITS } from '../../kernel/json.ts';

/**
 * Reads JSON text that came from outside.
 *
 * `JSON.parse` takes a million levels of nesting and changes numbers without a word, so the text is looked over first: at most 100
 * levels, and no number that reading would turn into another one (17 digits of an integer, or 1e-17000, which becomes 0).
 *
 * @throws MALFORMED_BODY for what is not JSON; UNSTORABLE_VALUE for what is JSON and cannot be kept as it is
 */
export function parseJsonText(text: string): unknown {
  const problem = lookOver(text);
  if (problem !== null)
    throw new TaskerError('UNSTORABLE_VALUE', { what: 'The body', path: '$', problem });
  try {
    return JSON.parse(text) as unknown; // sound: unknown says nothing
  } catch (error) {
    throw new TaskerError('MALFORMED_BODY', { problem: reasonOf(error) }, { cause: error });
  }
}

/**
 * Strings are skipped as a whole, so that brackets and digits inside them mean nothing. One that never ends is a token too: it would
 * otherwise be tried again from each quote inside it, and 80 KB of them took three seconds.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|[[\]{}]|-?\d[\d.eE+-]*/gs;

function lookOver(text: string): string | null {
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('"')) continue;
    if (token === '[' || token === '{') {
      depth += 1;
      if (depth > DEFAULT_JSON_LIMITS.maxDepth)
        return `it is nested more than ${DEFAULT_JSON_LIMITS.maxDepth} levels deep`;
    } else if (token === ']' || token === '}') depth -= 1;
    else if (changes(token)) return `the number ${cut(token)} cannot be kept exactly`;
  }
  return null;
}

/** Whether reading makes another number of it: beyond the safe integers, too large, or so small that it becomes zero. */
function changes(token: string): boolean {
  const value = Number(token);
  if (Number.isNaN(value)) return false; // not JSON: the parser says so
  if (!Number.isFinite(value)) return true;
  if (value === 0) return /[1-9]/.test(token.split(/[eE]/)[0] ?? '');
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.eE]/.test(token);
}

function cut(token: string): string {
  return token.length <= 24 ? token : `${token.slice(0, 12)}… (${token.length} digits)`;
}

/** What the parser says, without the piece of the text that it quotes: it may hold a secret. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : 'it cannot be read';
  const position = /at position \d+/.exec(message)?.[0];
  if (/end of JSON input|Unterminated/i.test(message)) return 'it ends too early';
  return position === undefined
    ? 'a character is not expected'
    : `a character is not expected ${position}`;
}
