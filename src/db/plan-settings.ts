/**
 * Planner settings of the engine's sessions: look rows up by index, in nested loops, always.
 *
 * A prepared statement keeps its plan. One that was made while the tables were nearly empty reads them from end to end, and goes on
 * doing so when they have grown, until the next ANALYZE: measured, a worker that had started on an empty database stood still for ten
 * seconds when 20,000 tasks arrived. The hot statements name every row by its key, so a plan that starts from an index is never bad.
 * Reports that read whole tables (`verify`) undo these settings for their transaction.
 */
export const PLAN_SETTINGS = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
} as const;

/** One statement that undoes the settings until the end of the transaction. */
export const PLAN_FREELY = Object.entries(PLAN_SETTINGS)
  .map(([name, value]) => `set local ${name} = ${value === 'off' ? 'on' : 'auto'}`)
  .join('; ');
