import { parseDuration, type Duration } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { TaskStatus } from '../model/status.ts';
import type { ReportExtent, ReportPeriod } from '../store/analytics/report-period.ts';
import { MARGIN_MS, resolveFilter } from './check-filter.ts';
import { checkNumber } from './check-text.ts';
import type {
  SlowestSteps,
  SlowestStepsRequest,
  StatusCounts,
  StatusCountsRequest,
  TaskFilter,
} from './list-types.ts';
import type { EngineParts } from './parts.ts';

/** A report on steps reads every step of these. */
const TASKS_OF_STEPS = 10_000;
const TASKS_OF_STATUSES = 100_000;

/** The steps that take longest, by average, over the newest tasks of a period. @throws INVALID_REQUEST, INVALID_DURATION */
export async function getSlowestSteps(
  parts: EngineParts,
  request: SlowestStepsRequest = {},
): Promise<SlowestSteps> {
  const { since, limit, ...names } = request;
  const most = checkNumber('limit', limit, { least: 1, most: 100, fallback: 20 });
  const period = await periodOf(parts, since, names);
  if (period === null) return { steps: [], rows: 0, complete: true };
  const report = await parts.store.slowestSteps(
    parts.db,
    { ...period, most: TASKS_OF_STEPS },
    most,
  );
  return { steps: report.steps, ...toExtent(report) };
}

/** How many tasks of each status a period has, bucket by bucket. @throws INVALID_REQUEST, INVALID_DURATION */
export async function getStatusCounts(
  parts: EngineParts,
  request: StatusCountsRequest = {},
): Promise<StatusCounts> {
  const { since, bucket = 'hour', ...names } = request;
  if (!['minute', 'hour', 'day'].includes(bucket))
    throw new TaskerError('INVALID_REQUEST', { problem: 'bucket must be minute, hour or day' });
  const period = await periodOf(parts, since, names);
  if (period === null) return { buckets: [], rows: 0, complete: true };
  const report = await parts.store.statusCounts(
    parts.db,
    { ...period, most: TASKS_OF_STATUSES },
    bucket,
  );
  const buckets = new Map<number, { at: Date; counts: Partial<Record<TaskStatus, number>> }>();
  for (const { at, status, count } of report.counts) {
    const known = buckets.get(at.getTime()) ?? { at, counts: {} };
    known.counts[status] = count;
    buckets.set(at.getTime(), known);
  }
  return { buckets: [...buckets.values()], ...toExtent(report) };
}

/** Null when no definition has these names. */
async function periodOf(
  parts: EngineParts,
  since: Duration = '24h',
  names: Pick<TaskFilter, 'name' | 'namespace' | 'namespaces'>,
): Promise<Omit<ReportPeriod, 'most'> | null> {
  const sinceMs = parseDuration(since, 'since');
  const search = await resolveFilter(parts, names);
  if (search === null) return null;
  const [fromId = 0] = await parts.store.findCreated(parts.db, [{ agoMs: sinceMs + MARGIN_MS }]);
  return { fromId, sinceMs, definitions: search.definitions };
}

function toExtent({ looked, complete }: ReportExtent): Pick<StatusCounts, 'rows' | 'complete'> {
  return { rows: looked, complete };
}
