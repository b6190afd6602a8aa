/**
 * The elements of a jsonb array as rows `alias`, for the `from` of a statement that then looks rows up by key.
 *
 * The condition is always true of what the engine sends, and it is there for the planner: it takes 100 rows for granted from a jsonb
 * array, and half a percent of those, so one, with such a condition. From one row it goes to a table by its key, whatever it believes
 * about the table's size; from a hundred it may read a table that it believes to be small from end to end, and a prepared statement
 * keeps such a plan when the table has grown (see db/plan-settings.ts for what that cost).
 */
export function jsonRows(array: string, alias = 'e'): string {
  return `jsonb_array_elements(${array}) as ${alias} where jsonb_typeof(${alias}) = 'array'`;
}

/** A condition that is always true for a number, and that the planner takes for one row in two hundred: see `jsonRows`. */
export function oneRow(column: string): string {
  return `jsonb_typeof(to_jsonb(${column})) = 'number'`;
}
