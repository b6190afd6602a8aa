import { z } from 'zod';
import { STEP_STATUSES, TASK_STATUSES } from '../model/status.ts';
import { label, momentText, remark, text, wholeText, wordList } from './scalars.ts';

/** Parameters whose name says where in the context to look: `context.cart.id=17`. */
export const CONTEXT_PARAMETER = /^context\.[^.\s]{1,64}(\.[^.\s]{1,64}){0,9}$/;

/** A path in a context: `cart.id`. */
const CONTEXT_PATH = /^[^.\s]{1,64}(\.[^.\s]{1,64}){0,9}$/;

/** The filters of a list of tasks, as parameters of a query string. All that are given must hold. */
const filterParameters = {
  status: wordList(TASK_STATUSES).optional(),
  name: text.optional(),
  namespace: text.optional(),
  version: text.optional(),
  tag: remark.optional(),
  initiator: remark.optional(),
  source_system: remark.optional(),
  created_from: momentText.optional(),
  created_to: momentText.optional().meta({ description: 'Exclusive' }),
  step_status: wordList(STEP_STATUSES)
    .optional()
    .meta({ description: 'Tasks with a step in one of these statuses' }),
  dependent_system: remark.optional().meta({ description: 'Tasks with a step of this system' }),
  annotation_type: label.optional(),
  annotation_key: text.optional(),
  annotation_value: text.optional().meta({ description: 'Needs annotation_type and _key' }),
};

const pageParameters = {
  limit: wholeText(1, 200).optional().meta({ description: 'Rows of a page; 20 by default' }),
  offset: wholeText(0, 10_000).optional().meta({ description: 'Beyond 10,000 use the cursor' }),
  sort_by: z.enum(['task_id', 'requested_at', 'created_at']).optional(),
  sort_order: z.enum(['asc', 'desc']).optional().meta({ description: 'asc by default' }),
  cursor: z.string().min(1).max(512).optional().meta({ description: 'next_cursor of a page' }),
  embed: z
    .enum(['all', 'none'])
    .optional()
    .meta({ description: 'Whether steps and annotations come along; all by default' }),
  count: z
    .enum(['yes', 'no'])
    .optional()
    .meta({ description: 'Whether the total is counted; yes by default' }),
};

/** Parameters of the form `context.<path>`: the value is a JSON scalar (`17`, `true`, `null`, `"17"`) or else text. */
const contextParameters = z.string().max(255);

/** The filters of a live list. */
export const taskFilterQuery = z
  .object(filterParameters)
  .catchall(contextParameters)
  .superRefine(refuseUnknown);

/** The filters and the page of a list. */
export const taskListQuery = z
  .object({ ...filterParameters, ...pageParameters })
  .catchall(contextParameters)
  .superRefine(refuseUnknown);

export type TaskFilterQuery = z.output<typeof taskFilterQuery>;

/** The same filters as members of a JSON body, for bulk actions. */
export const taskFilterBody = z
  .strictObject({
    status: z.array(z.enum(TASK_STATUSES)).min(1).optional(),
    name: text.optional(),
    namespace: text.optional(),
    version: text.optional(),
    tag: remark.optional(),
    initiator: remark.optional(),
    source_system: remark.optional(),
    created_from: momentText.optional(),
    created_to: momentText.optional(),
    step_status: z.array(z.enum(STEP_STATUSES)).min(1).optional(),
    dependent_system: remark.optional(),
    context: z
      .record(
        z.string().max(255).regex(CONTEXT_PATH, 'must be names with dots between them'),
        z.union([z.string().max(255), z.number(), z.boolean(), z.null()]),
      )
      .optional()
      .meta({ description: 'Dotted path to value, such as {"cart.id": 17}' }),
    annotation: z.strictObject({ type: label, key: text, value: text }).optional(),
  })
  .meta({ id: 'TaskFilter' });

export type TaskFilterBody = z.output<typeof taskFilterBody>;

const KNOWN = new Set([...Object.keys(filterParameters), ...Object.keys(pageParameters)]);

function refuseUnknown(query: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const keys = Object.keys(query).filter((key) => !KNOWN.has(key) && !CONTEXT_PARAMETER.test(key));
  if (keys.length > 0) context.addIssue({ code: 'unrecognized_keys', keys, input: { ...query } });
}

/** The `context.<path>` parameters of a query, with their values read as JSON scalars. */
export function contextFilters(
  query: Readonly<Record<string, unknown>>,
): readonly { readonly path: string; readonly value: string | number | boolean | null }[] {
  return Object.entries(query).flatMap(([key, value]) =>
    CONTEXT_PARAMETER.test(key) && typeof value === 'string'
      ? [{ path: key.slice('context.'.length), value: scalar(value) }]
      : [],
  );
}

/** A scalar as the value of a `context.<path>` parameter; null for a number that has no form there. */
export function contextParameterValue(value: string | number | boolean | null): string | null {
  const text = String(value);
  if (typeof value === 'string') return scalar(text) === text ? text : `"${text}"`;
  return scalar(text) === value ? text : null;
}

function scalar(value: string): string | number | boolean | null {
  if (value === 'null') return null;
  if (value === 'true' || value === 'false') return value === 'true';
  if (/^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/.test(value)) return Number(value);
  if (/^".*"$/s.test(value)) return value.slice(1, -1);
  return value;
}
