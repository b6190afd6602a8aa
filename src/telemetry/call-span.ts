import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { serializeError } from '../kernel/serialize-error.ts';
import { formatTraceParent } from './trace-parent.ts';
import { activeTracer } from './tracer.ts';

/** One request to one server. */
export interface TracedCall {
  readonly method: string;
  readonly url: URL;
  /** The address for people and spans, without anything secret. */
  readonly shown: string;
  /** How many redirects led here. */
  readonly redirects: number;
}

/**
 * Sends a request inside a client span, a child of the active one. `send` gets the headers that let the other system continue the
 * trace; they are empty where nothing is traced. Names and attributes are those of OpenTelemetry's HTTP conventions.
 */
export async function traceCall<Answer extends { readonly status: number }>(
  call: TracedCall,
  send: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
): Promise<Answer> {
  const tracer = activeTracer();
  if (tracer === null) return send({});
  const span = tracer.startSpan(call.method, {
    kind: SpanKind.CLIENT,
    attributes: attributesOf(call),
  });
  const traceparent = formatTraceParent(span.spanContext());
  try {
    const answer = await context.with(trace.setSpan(context.active(), span), () =>
      send(traceparent === null ? {} : { traceparent }),
    );
    tellAnswer(span, answer.status);
    return answer;
  } catch (error) {
    const { name, message, code } = serializeError(error); // without secrets
    span.setAttribute('error.type', code ?? name);
    span.recordException({ name, message });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    throw error;
  } finally {
    span.end();
  }
}

function attributesOf({ method, url, shown, redirects }: TracedCall) {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return {
    'http.request.method': method,
    'url.full': shown,
    'server.address': url.hostname,
    'server.port': port,
    ...(redirects > 0 && { 'http.request.resend_count': redirects }),
  };
}

function tellAnswer(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status < 400) return;
  span.setAttribute('error.type', String(status));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
