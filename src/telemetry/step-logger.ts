import type { Logger, LogMethod } from '../kernel/logger.ts';

/** Fields that every line of a logger carries. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A logger whose lines carry these fields too: the logger's own child if it makes children (as pino does), otherwise a wrapper. */
export function loggerWith(logger: Logger, fields: LogFields): Logger {
  if (logger.child !== undefined) return logger.child(fields);
  const merged =
    (level: 'debug' | 'info' | 'warn' | 'error'): LogMethod =>
    (own, message) =>
      logger[level]({ ...fields, ...own }, message);
  return {
    debug: merged('debug'),
    info: merged('info'),
    warn: merged('warn'),
    error: merged('error'),
    child: (more) => loggerWith(logger, { ...fields, ...more }),
  };
}

/** What is said of one attempt in every line about it. */
export interface AttemptLogFacts {
  readonly taskId: number;
  readonly step: string;
  readonly attempt: number;
  readonly task: { readonly namespace: string; readonly name: string; readonly version: string };
  readonly span: { readonly traceId: string; readonly spanId: string } | null;
}

/** `task_id`, `step`, `attempt`, `definition`, and the ids of the attempt's span where one is. */
export function attemptFields({ taskId, step, attempt, task, span }: AttemptLogFacts): LogFields {
  return {
    task_id: taskId,
    step,
    attempt,
    definition: `${task.namespace}/${task.name}@${task.version}`,
    ...(span !== null && { trace_id: span.traceId, span_id: span.spanId }),
  };
}
