import type { SpanContext } from '@opentelemetry/api';
import { isSpanContextValid } from '@opentelemetry/api';

/**
 * The W3C `traceparent` (version 00): how a trace goes on in another process, be it over HTTP or through the database.
 * `tracestate` and baggage are not carried: they may hold what was meant for one receiver only.
 */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The longest text that is stored; version 00 needs 55 characters, later ones may need more. */
export const MAX_TRACE_PARENT = 128;

/** The header of a span; null for one without valid ids. */
export function formatTraceParent(span: SpanContext): string | null {
  if (!isSpanContextValid(span)) return null;
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}

/** The span that a header names; null for what is no header, for ids of zeros and for the forbidden version ff. */
export function parseTraceParent(text: string | null): SpanContext | null {
  if (text === null || text.length > MAX_TRACE_PARENT) return null;
  const [, version, traceId = '', spanId = '', flags = '', rest] = FORM.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined))
    return null;
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(span) ? span : null;
}
