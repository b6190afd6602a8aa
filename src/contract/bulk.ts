import { z } from 'zod';
import type { Action } from './actions.ts';
import type { Endpoint } from './endpoint.ts';
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

/** `POST /bulk/<verb>`: acts on what a filter finds. */
function bulkAction<const Verb extends string>({
  verb,
  permission,
  summary,
}: Action<Verb>): Endpoint<
  `/bulk/${Verb}`,
  typeof nothing,
  typeof nothing,
  typeof bulkBody,
  { readonly 200: typeof bulkAnswer }
> {
  return Object.freeze({
    method: 'POST',
    path: `/bulk/${verb}`,
    chapter: 'bulk',
    summary,
    permission,
    params: nothing,
    query: nothing,
    body: bulkBody,
    answers: { 200: bulkAnswer },
    errors: [],
  });
}

export const bulkCancel = bulkAction({
  verb: 'cancel',
  permission: 'tasks:cancel',
  summary: 'Cancel every task that a filter finds, up to a limit',
});

export const bulkRetry = bulkAction({
  verb: 'retry',
  permission: 'tasks:retry',
  summary: 'Retry every task that a filter finds, up to a limit',
});

export const bulkResolve = bulkAction({
  verb: 'resolve',
  permission: 'tasks:resolve',
  summary: 'Close by hand every task that a filter finds, up to a limit',
});
