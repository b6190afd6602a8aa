/** Tells what became of attempts: counts it for the metrics, logs it, and emits it to this process's subscribers. */
import type { EngineParts } from '../engine/parts.ts';
import type { AttemptEnd } from '../telemetry/measures.ts';
import type { FailedRun, Run } from './run.ts';

/** A result is stored. */
export function tellStored(parts: EngineParts, run: Run): void {
  count(parts, run, 'success');
  if (parts.events.has('step.completed')) parts.events.emit('step.completed', stepOf(run));
}

/** A failure is stored. */
export function tellFailed(
  parts: EngineParts,
  { run, outcome, message, retryInMs }: FailedRun,
): void {
  count(parts, run, outcome);
  const exhausted = retryInMs === null;
  run.context.logger.info(
    { outcome, exhausted, retry_in_ms: retryInMs, error: message },
    exhausted ? 'an attempt failed; it was the last' : 'an attempt failed; another follows',
  );
  parts.events.emit('step.failed', { ...stepOf(run), exhausted, retryInMs, message });
}

/** An outcome came too late. */
export function tellRefused(parts: EngineParts, run: Run): void {
  parts.measures.resultRefused();
  run.context.logger.warn({}, 'a late result was refused: the step is no longer ours');
  parts.events.emit('step.lease_lost', stepOf(run));
}

/** A running attempt was ended, because its step is no longer ours. One that is lost is counted by the process that took it. */
export function tellTaken(parts: EngineParts, run: Run, end: 'cancelled' | 'lost'): void {
  if (end === 'cancelled') count(parts, run, end);
}

/** How a run ended whose step has this status now, although it was ours. */
export function endOf(status: string): 'cancelled' | 'lost' {
  return status === 'cancelled' || status === 'resolved_manually' ? 'cancelled' : 'lost';
}

/** What the handler's signal is aborted with. */
export function takenAway(status: string): Error {
  return new Error(`the step is ${status}`);
}

function count({ measures }: EngineParts, run: Run, end: AttemptEnd): void {
  const { pinned, served, startedMs, endedMs } = run;
  const { queue } = served.template;
  measures.attemptEnded(pinned, { end, queue, durationMs: endedMs - startedMs });
}

function stepOf({ step, served }: Run) {
  return { taskId: step.taskId, step: served.template.name, attempt: step.attempts };
}
