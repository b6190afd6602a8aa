import { TaskerError } from './errors.ts';

/** A length of time in milliseconds. Every number that counts time inside the engine has this type. */
export type Milliseconds = number;

/** A length of time as people write it: `"250ms"`, `"10s"`, `"1.5m"`, `"2h"`, `"3d"`; a bare number means milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNITS: Readonly<Record<string, Milliseconds>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The longest duration that is accepted: ten years. */
export const MAX_DURATION_MS: Milliseconds = 3_650 * 86_400_000;

/**
 * Turns a duration into milliseconds (rounded to a whole millisecond).
 *
 * @param value a number of milliseconds, or text such as `"10s"`
 * @param name what the duration is for, used in the message
 * @throws TaskerError `INVALID_DURATION` when it is no duration, negative, or longer than ten years
 */
export function parseDuration(value: unknown, name = 'duration'): Milliseconds {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? fromText(value) : NaN;
  if (!Number.isFinite(ms) || ms < 0 || ms > MAX_DURATION_MS) {
    throw new TaskerError('INVALID_DURATION', { name, value: String(value) });
  }
  return Math.round(ms);
}

/** Writes milliseconds the way a person reads them: `850ms`, `2.4s`, `3m 20s`, `2h 5m`, `3d 4h`. */
export function formatDuration(ms: Milliseconds): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)}s`;
  const [big, bigUnit, small, smallUnit] =
    ms < 3_600_000
      ? ([60_000, 'm', 1_000, 's'] as const)
      : ms < 86_400_000
        ? ([3_600_000, 'h', 60_000, 'm'] as const)
        : ([86_400_000, 'd', 3_600_000, 'h'] as const);
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)}${bigUnit}${rest === 0 ? '' : ` ${rest}${smallUnit}`}`;
}

function fromText(text: string): Milliseconds {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? NaN) : NaN;
}
