import { TraceFlags } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { formatTraceParent, parseTraceParent } from './trace-parent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('traceparent', () => {
  test('of a span is read back as the same span, now a remote one', () => {
    for (const traceFlags of [TraceFlags.NONE, TraceFlags.SAMPLED]) {
      const text = formatTraceParent({ traceId: TRACE, spanId: SPAN, traceFlags });

      expect(text).toBe(`00-${TRACE}-${SPAN}-0${traceFlags}`);
      expect(parseTraceParent(text)).toEqual({
        traceId: TRACE,
        spanId: SPAN,
        traceFlags,
        isRemote: true,
      });
    }
  });

  test('of a span without ids is none', () => {
    const none = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 };

    expect(formatTraceParent(none)).toBeNull();
  });

  test('of a later version may carry more', () => {
    expect(parseTraceParent(`cc-${TRACE}-${SPAN}-01-what-comes`)).toMatchObject({ spanId: SPAN });
  });

  test.each([
    ['nothing', null],
    ['an empty text', ''],
    ['capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${TRACE}-${SPAN}-01`],
    ['version 00 with more', `00-${TRACE}-${SPAN}-01-more`],
    ['a line break', `00-${TRACE}-${SPAN}-01\n`],
    ['a very long text', `cc-${TRACE}-${SPAN}-01-${'x'.repeat(100)}`],
  ])('is not read from %s', (_, text) => {
    expect(parseTraceParent(text)).toBeNull();
  });
});
