import type { Duration } from '../../kernel/duration.ts';
import type { Handlers } from '../route.ts';

type AnalyticsHandlers = Pick<Handlers, 'slowestSteps' | 'statusCounts'>;

export const analyticsHandlers: AnalyticsHandlers = {
  async slowestSteps({ query, access, parts }) {
    const report = await parts.tasker.slowestSteps({
      ...access.scope,
      ...(query.since === undefined ? {} : { since: query.since as Duration }), // sound: the schema's pattern
      ...(query.name === undefined ? {} : { name: query.name }),
      ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
      ...(query.limit === undefined ? {} : { limit: query.limit }),
    });
    return {
      status: 200,
      body: {
        steps: report.steps.map(({ averageMs, p95Ms, maxMs, ...step }) => ({
          ...step,
          average_ms: averageMs,
          p95_ms: p95Ms,
          max_ms: maxMs,
        })),
        rows: report.rows,
        complete: report.complete,
      },
    };
  },

  async statusCounts({ query, access, parts }) {
    const report = await parts.tasker.statusCounts({
      ...access.scope,
      ...(query.since === undefined ? {} : { since: query.since as Duration }), // sound: the schema's pattern
      ...(query.bucket === undefined ? {} : { bucket: query.bucket }),
      ...(query.name === undefined ? {} : { name: query.name }),
    });
    return {
      status: 200,
      body: {
        spans: report.buckets.map(({ at, counts }) => ({
          at: at.toISOString(),
          counts: { ...counts },
        })),
        rows: report.rows,
        complete: report.complete,
      },
    };
  },
};
