import type { CliIo } from './io.ts';
import { createStyle } from './output/text.ts';
import type { Style } from './output/text.ts';

/** How one command shows things: to a person, to a pipe, or to a machine. */
export interface Screen {
  readonly style: Style;
  /** True with `--json`: documents instead of text. */
  readonly json: boolean;
  /** True when a person looks at the output and it may be redrawn. */
  readonly interactive: boolean;
  /** Columns of the terminal; null for a pipe, where nothing is cut. */
  readonly width: number | null;
  /** Rows of the terminal. */
  readonly rows: number;
  /** A line of the result, to standard output. */
  print(line?: string): void;
  /** Text as it is, to standard output: cursor movements of the live view. */
  raw(text: string): void;
  /** A remark that is not part of the result, to standard error; nothing with `--json`. */
  remark(line: string): void;
  /** One JSON document on standard output: indented for a person, on one line for a pipe. */
  document(value: unknown): void;
  /** One line of a stream of JSON documents. */
  event(value: unknown): void;
  /** A moment: exact (ISO 8601, UTC) in a pipe, local and short on a terminal. */
  moment(date: Date | null): string;
}

/** @param options the options that every command has */
export function createScreen(
  io: CliIo,
  options: { readonly json?: boolean; readonly color?: boolean },
): Screen {
  const json = options.json === true;
  const interactive = io.out.isTTY && !json;
  const { colour } = io.environment;
  const coloured =
    options.color !== false && !json && (colour === 'auto' ? io.out.isTTY : colour === 'always');
  return {
    style: createStyle(coloured),
    json,
    interactive,
    get width() {
      return interactive ? io.size().columns : null;
    },
    get rows() {
      return io.size().rows;
    },
    print: (line = '') => io.out.write(`${line}\n`),
    raw: (text) => io.out.write(text),
    remark: (line) => {
      if (!json) io.err.write(`${line}\n`);
    },
    document: (value) => io.out.write(`${JSON.stringify(value, null, io.out.isTTY ? 2 : 0)}\n`),
    event: (value) => io.out.write(`${JSON.stringify(value)}\n`),
    moment: (date) => (date === null ? '-' : interactive ? localTime(date) : date.toISOString()),
  };
}

/** `2026-11-24 06:05:09` in the time zone of the terminal. */
function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
