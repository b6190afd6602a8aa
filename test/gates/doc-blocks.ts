/** A fenced block of a Markdown file. */
export interface DocBlock {
  readonly file: string;
  /** Number of the first line of the code. */
  readonly line: number;
  /** The first word after the fence: `ts`, `yaml`, `bash`, … or empty. */
  readonly language: string;
  /** The words after the language: `excerpt`, or the file that a block is shown as. */
  readonly words: readonly string[];
  readonly code: string;
}

/** Every fenced block of a Markdown text, in order. @throws when a fence is never closed */
export function docBlocks(file: string, text: string): readonly DocBlock[] {
  const blocks: DocBlock[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const fence = /^( *)(`{3,}|~{3,})\s*(.*)$/.exec(lines[index] ?? '');
    if (fence === null) continue;
    const [, indent = '', marks = '', info = ''] = fence;
    const first = index + 1;
    const last = lines.findIndex((line, at) => at >= first && line.trim() === marks);
    if (last === -1) throw new Error(`${file}:${first} opens a block that is never closed`);
    const [language = '', ...words] = info.split(/\s+/).filter((word) => word !== '');
    const code = lines
      .slice(first, last)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    blocks.push({ file, line: first + 1, language, words, code: code.join('\n') });
    index = last;
  }
  return blocks;
}

/** A command as a reader would type it: prompt, comment and continuation lines removed. */
export interface TypedCommand {
  readonly line: number;
  readonly words: readonly string[];
}

/** The commands of a shell block. A line that starts with `#` is a comment; after `$ ` lines, other lines are output. */
export function typedCommands(block: DocBlock): readonly TypedCommand[] {
  const lines = joinContinued(block);
  const hasPrompts = lines.some(({ text }) => text.startsWith('$ '));
  return lines.flatMap(({ line, text }) => {
    if (hasPrompts && !text.startsWith('$ ')) return [];
    const typed = text.replace(/^\$ /, '').replace(/(^|\s)#.*$/, '');
    return typed
      .split(/&&|\|\||;|\|/)
      .map((command) => ({ line, words: shellWords(command) }))
      .filter(({ words }) => words.length > 0);
  });
}

/** Lines with those that a final backslash continues, each under the number of its first line. */
function joinContinued(block: DocBlock): readonly { line: number; text: string }[] {
  const joined: { line: number; text: string }[] = [];
  let isContinued = false;
  for (const [index, text] of block.code.split('\n').entries()) {
    const own = text.replace(/\\$/, '');
    const last = joined.at(-1);
    if (isContinued && last !== undefined) last.text += own;
    else joined.push({ line: block.line + index, text: own });
    isContinued = text.endsWith('\\');
  }
  return joined;
}

function shellWords(command: string): readonly string[] {
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  return first === -1 ? [] : words.slice(first);
}
