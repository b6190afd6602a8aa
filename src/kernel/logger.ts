/** One logging method: pino's shape, fields first, then the message. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The logger that Tasker accepts. A pino logger fits as it is; `console`-like loggers need a three-line adapter. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger whose every line carries these fields too, where the logger can make one. */
  readonly child?: (fields: Readonly<Record<string, unknown>>) => Logger;
}

/** Says nothing: the default, because a library does not write to its host's output unasked. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};

function nothing(): void {
  return undefined;
}
