/** One logging method: pino's shape, fields first, then the message. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The logger that Tasker accepts. A pino logger fits as it is; `console`-like loggers need a three-line adapter. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** Says nothing: the default, because a library does not write to its host's output unasked. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

function nothing(): void {
  return undefined;
}
