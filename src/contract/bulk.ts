import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { nothing, remark } from './scalars.ts';
import { taskFilterBody } from './task-filter.ts';

const bulkBody = z.strictObject({
  filter: taskFilterBody,
  limit: z.int().min(1).max(10_000).meta({ description: 'No more tasks than this are touched' }),
  preview: z.boolean().optional().meta({ description: 'Only count what would be touched' }),
  reason: remark.optional(),
});

/** How many; at least so many when it is not exact. */
const count = z.object({ count: z.int().min(0), exact: z.boolean() });

const bulkAnswer = z
  .object({
    matched: count,
    acted: z.int().min(0),
    refused: z.array(z.object({ task_id: z.int(), code: z.string(), message: z.string() })),
    remaining: count.meta({ description: 'Matching tasks that the limit left untouched' }),
  })
  .meta({ id: 'BulkAnswer' });

export const bulkCancel = endpoint({
  method: 'POST',
  path: '/bulk/cancel',
  chapter: 'bulk',
  summary: 'Cancel every task that a filter finds, up to a limit',
  permission: 'tasks:cancel',
  params: nothing,
  query: nothing,
  body: bulkBody,
  answers: { 200: bulkAnswer },
  errors: [],
});

export const bulkRetry = endpoint({
  method: 'POST',
  path: '/bulk/retry',
  chapter: 'bulk',
  summary: 'Retry every task that a filter finds, up to a limit',
  permission: 'tasks:retry',
  params: nothing,
  query: nothing,
  body: bulkBody,
  answers: { 200: bulkAnswer },
  errors: [],
});

export const bulkResolve = endpoint({
  method: 'POST',
  path: '/bulk/resolve',
  chapter: 'bulk',
  summary: 'Close by hand every task that a filter finds, up to a limit',
  permission: 'tasks:resolve',
  params: nothing,
  query: nothing,
  body: bulkBody,
  answers: { 200: bulkAnswer },
  errors: [],
});
