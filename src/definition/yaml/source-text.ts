import { Lexer } from 'yaml';

/** A fault of the text itself, before there is any structure to speak of. */
export interface TextFault {
  readonly code: 'TOO_LARGE' | 'NOT_UTF8' | 'TOO_DEEP';
  readonly offset: number;
  readonly message: string;
}

/** Largest definition file. */
export const MAX_FILE_BYTES = 1_024_000;
/** Deepest nesting; the same limit as for stored values. */
export const MAX_DEPTH = 100;

/** The text of a file: UTF-8 with or without a byte order mark, or what is wrong with its bytes. */
export function decodeSource(source: string | Uint8Array): string | TextFault {
  const bytes = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength;
  if (bytes > MAX_FILE_BYTES) {
    return {
      code: 'TOO_LARGE',
      offset: 0,
      message: `the file has ${bytes} bytes; a definition has at most ${MAX_FILE_BYTES}`,
    };
  }
  const text = typeof source === 'string' ? source : decodeBytes(source);
  if (text === null || !text.isWellFormed() || text.includes('\u0000')) {
    return { code: 'NOT_UTF8', offset: 0, message: 'the file is not UTF-8 text: save it as UTF-8' };
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function decodeBytes(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null; // the only error of a fatal decoder: the bytes are not UTF-8
  }
}

/**
 * Finds nesting that is deeper than the limit, from the tokens alone: composing a tree is recursive, and a file of 40 KB can
 * nest deep enough to exhaust the stack. Levels are brackets, and columns of the block structure.
 */
export function depthFault(text: string): TextFault | null {
  const columns: number[] = [];
  let flow = 0;
  let offset = 0;
  let column = 0;
  for (const token of new Lexer().lex(text)) {
    if (CONTROLS.has(token)) continue;
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (flow === 0 && token.trim() !== '' && !token.startsWith('#')) enter(columns, column);
    if (flow + columns.length > MAX_DEPTH) {
      return { code: 'TOO_DEEP', offset, message: `more than ${MAX_DEPTH} levels of nesting` };
    }
    offset += token.length;
    const newline = token.lastIndexOf('\n');
    column = newline < 0 ? column + token.length : token.length - newline - 1;
  }
  return null;
}

/** Marks of the lexer that stand for no text: start of a document, of a flow end, of a scalar. */
const CONTROLS: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

/** A token at a column ends everything that began further right, and may begin a level of its own. */
function enter(columns: number[], column: number): void {
  while ((columns.at(-1) ?? -1) > column) columns.pop();
  if ((columns.at(-1) ?? -1) < column) columns.push(column);
}
