import type { Connection } from '../../db/db.ts';
import type { TaskStatus } from '../../model/status.ts';
import type { Tables } from '../tables.ts';
import { periodTexts, periodValues, toExtent } from './report-period.ts';
import type { ReportExtent, ReportPeriod } from './report-period.ts';

/** Tasks of one status that were created in one bucket. */
export interface StatusCountRow {
  readonly at: Date;
  readonly status: TaskStatus;
  readonly count: number;
}

/** How many tasks of each status a period has, by the bucket of their creation (UTC), oldest first. Indexes: see periodTexts. */
export function statusCounts(
  t: Tables,
): (
  db: Connection,
  period: ReportPeriod,
  bucket: 'minute' | 'hour' | 'day',
) => Promise<ReportExtent & { readonly counts: readonly StatusCountRow[] }> {
  const texts = periodTexts(
    t,
    `
select extent.looked, extent.complete, c.at, c.status, c.count
  from extent
  left join (select date_trunc($4::text, created_at, 'UTC') as at, status, count(*)::int as count from looked group by 1, 2) as c on true
 order by c.at, c.status`,
  );
  return async (db, period, bucket) => {
    const { rows } = await db.query({
      text: period.definitions === null ? texts.all : texts.named,
      values: periodValues(period, bucket),
    });
    return {
      ...toExtent(rows[0]),
      counts: rows.flatMap((row) =>
        row['at'] === null
          ? []
          : {
              at: row['at'] as Date, // the statement's column types
              status: row['status'] as TaskStatus,
              count: row['count'] as number,
            },
      ),
    };
  };
}
