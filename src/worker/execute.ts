import { errorText } from '../engine/advance.ts';
import { checkText } from '../engine/check-text.ts';
import type { EngineParts } from '../engine/parts.ts';
import { TaskerError } from '../kernel/errors.ts';
import { gateJson, type Json } from '../kernel/json.ts';
import { serializeError } from '../kernel/serialize-error.ts';
import type { Ports } from '../kernel/ports.ts';
import { decideRetry } from '../retry/policy.ts';
import type { FailedRun, Run, Success } from './run.ts';

/** Where the outcome of an attempt goes. */
export interface Outcomes {
  succeeded(success: Success): void;
  failed(failure: FailedRun): void;
}

/**
 * Runs one attempt to its outcome: result, error or timeout, exactly one of them, whatever the handler does.
 *
 * I1: `run.closed` is set with the first outcome; everything later from this handler is ignored.
 * I2: nothing that a handler returns or throws can escape: every failure to read it becomes a failed attempt.
 */
export function execute(parts: EngineParts, run: Run, outcomes: Outcomes): void {
  const { timeoutMs, name } = run.served.template;
  if (timeoutMs !== null) {
    run.timer = setTimeout(() => {
      const error = new TaskerError('STEP_TIMEOUT', { step: name, timeoutMs });
      if (close(parts.ports, run)) {
        run.context.abort(error);
        outcomes.failed(failedRun(parts.ports, run, { error, outcome: 'timeout' }));
      }
    }, timeoutMs);
  }
  const onError = (error: unknown): void => {
    if (close(parts.ports, run))
      outcomes.failed(failedRun(parts.ports, run, { error, outcome: 'error' }));
  };
  const onValue = (value: unknown): void => {
    if (!close(parts.ports, run)) return;
    try {
      const success = successOf(parts, run, value);
      run.span?.end('success', null);
      outcomes.succeeded(success);
    } catch (error) {
      outcomes.failed(failedRun(parts.ports, run, { error, outcome: 'error' }));
    }
  };
  try {
    const answer =
      run.span === null
        ? run.served.run(run.context)
        : run.span.run(() => run.served.run(run.context));
    if (isThenable(answer)) answer.then(onValue, onError);
    else onValue(answer);
  } catch (error) {
    onError(error);
  }
}

/** Ends an attempt from outside: its signal is aborted, its outcome counts no more. False when it had one already. */
export function revoke(
  ports: Ports,
  run: Run,
  { reason, outcome }: { readonly reason: Error; readonly outcome: 'cancelled' | 'lost' },
): boolean {
  if (!close(ports, run)) return false;
  run.context.abort(reason);
  run.span?.end(outcome, null);
  return true;
}

function close(ports: Ports, run: Run): boolean {
  if (run.closed) return false;
  run.closed = true;
  run.endedMs = ports.elapsedMs();
  if (run.timer !== null) clearTimeout(run.timer);
  return true;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

function successOf(parts: EngineParts, run: Run, value: unknown): Success {
  const gated = gateJson(value, parts.limits);
  if (!gated.ok) throw refusedResult(gated, parts.limits.maxBytes);
  const { checkResult, template } = run.served;
  if (checkResult !== null) {
    const checked = checkResult(JSON.parse(gated.text) as Json); // text that passed the gate
    if (!checked.ok)
      throw new TaskerError('INVALID_RESULT', { step: template.name, problems: checked.problems });
  }
  const annotations = [...(run.context.takeAnnotations() ?? [])].map(([type, annotation]) =>
    annotationOf(parts, type, annotation),
  );
  return { run, resultText: gated.text, annotations };
}

function refusedResult(
  answer: {
    readonly kind: string;
    readonly problem: string;
    readonly path: string;
    readonly bytes?: number;
  },
  limit: number,
): TaskerError {
  switch (answer.kind) {
    case 'too_large':
      return new TaskerError('RESULT_TOO_LARGE', { bytes: answer.bytes ?? 0, limit });
    case 'unstorable':
      return new TaskerError('UNSTORABLE_RESULT', answer);
    default:
      return new TaskerError('UNSERIALISABLE_RESULT', answer);
  }
}

function annotationOf(
  parts: EngineParts,
  given: unknown,
  annotation: unknown,
): { readonly type: string; readonly text: string } {
  const type = checkText('an annotation type', given, 64);
  const gated = gateJson(annotation, parts.limits);
  if (!gated.ok)
    throw new TaskerError('UNSTORABLE_VALUE', {
      what: `Annotation "${type}"`,
      path: gated.path,
      problem: gated.problem,
    });
  return { type, text: gated.text };
}

function failedRun(
  ports: Ports,
  run: Run,
  { error, outcome }: { readonly error: unknown; readonly outcome: 'error' | 'timeout' },
): FailedRun {
  run.context.takeAnnotations();
  const { template, customBackoff } = run.served;
  const decision = decideRetry({
    error,
    attempt: run.step.attempts,
    retryable: template.retryable,
    retryLimit: Infinity, // whether an attempt is left is decided where the failure is stored
    backoff: template.backoff,
    customBackoff,
    now: ports.clock.now(),
    random: ports.random,
  });
  const stored = serializeError(error);
  run.span?.end(outcome, stored);
  return {
    run,
    outcome,
    errorText: errorText({ ...stored, retryable: decision.kind === 'retry' }),
    message: stored.message,
    retryInMs: decision.kind === 'retry' ? decision.delayMs : null,
  };
}
