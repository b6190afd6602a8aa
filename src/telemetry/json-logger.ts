import { gateJson, type Json } from '../kernel/json.ts';
import type { Logger, LogMethod } from '../kernel/logger.ts';
import { isSecretKey, REDACTED, redactJson, redactText } from '../kernel/redact.ts';
import { serializeError } from '../kernel/serialize-error.ts';
import type { LogFields } from './step-logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** What a member becomes that is no JSON, is huge, or throws when it is read. */
const UNREADABLE = '(unreadable)';
const LIMITS = { maxBytes: 65_536, maxDepth: 20, maxNodes: 2_000 };

/** Where a JSON logger writes, and what. */
export interface JsonLoggerOptions {
  /** Gets one line per record, with its line break. */
  readonly write: (line: string) => void;
  /** The least level that is written. @default "info" */
  readonly level?: LogLevel;
  /** The time of a record. */
  readonly now: () => Date;
}

/**
 * A logger for processes that have none: one JSON object per line, `time`, `level` and `message` first, then the fields. Secrets are
 * taken out of texts, and members whose name says that they hold one are left out. Whatever is logged, it never throws.
 */
export function createJsonLogger(options: JsonLoggerOptions): Logger {
  return loggerOf(options, {});
}

function loggerOf(options: JsonLoggerOptions, bound: LogFields): Logger {
  const least = LEVELS.indexOf(options.level ?? 'info');
  const method =
    (level: LogLevel): LogMethod =>
    (fields, message) => {
      if (LEVELS.indexOf(level) < least) return;
      const head = { time: options.now().toISOString(), level, message: redactText(message) };
      options.write(`${JSON.stringify({ ...head, ...plain({ ...bound, ...fields }), ...head })}\n`);
    };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (fields) => loggerOf(options, { ...bound, ...fields }),
  };
}

function plain(fields: LogFields): Readonly<Record<string, Json>> {
  const members = Object.entries(fields).map(([name, value]): [string, Json] => [
    name,
    isSecretKey(name) && value !== null ? REDACTED : redactJson(plainValue(value)),
  ]);
  return Object.fromEntries(members);
}

function plainValue(value: unknown): Json {
  try {
    // A Date, a class instance or an undefined member is no JSON to the gate; JSON.stringify makes it so.
    const text = JSON.stringify(value instanceof Error ? serializeError(value) : value) ?? 'null';
    const gated = gateJson(JSON.parse(text), LIMITS);
    return gated.ok ? (JSON.parse(gated.text) as Json) : UNREADABLE; // text that passed the gate
  } catch {
    return UNREADABLE;
  }
}
