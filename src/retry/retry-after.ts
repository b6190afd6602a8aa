import type { Milliseconds } from '../kernel/duration.ts';

/** The longest wait that a remote system may ask for, unless a step says otherwise: one hour. */
export const RETRY_AFTER_CAP_MS: Milliseconds = 3_600_000;

/** The three date forms of RFC 9110 section 5.6.7 all begin with a weekday. */
const HTTP_DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? .*\d{2}:\d{2}:\d{2}/i;

/**
 * Reads a `Retry-After` header (RFC 9110 section 10.2.3): a number of seconds, or an HTTP date.
 *
 * @returns the wait in milliseconds, from 0 (also for a date in the past) to the cap; null when the header is absent or unreadable,
 * so that the caller's own backoff applies
 */
export function parseRetryAfter(
  header: string | null | undefined,
  options: { readonly now: Date; readonly capMs?: Milliseconds },
): Milliseconds | null {
  const text = header?.trim() ?? '';
  const waitMs = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * 1_000
    : untilHttpDate(text, options.now);
  if (Number.isNaN(waitMs)) return null;
  return Math.ceil(Math.min(Math.max(waitMs, 0), options.capMs ?? RETRY_AFTER_CAP_MS));
}

function untilHttpDate(text: string, now: Date): number {
  if (!HTTP_DATE.test(text)) return NaN;
  // The asctime form names no zone although it is always UTC; Date.parse would read it as local time.
  return Date.parse(/gmt|utc/i.test(text) ? text : `${text} GMT`) - now.getTime();
}
