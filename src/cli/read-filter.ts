import { filterOfQuery } from '../api/wire/filter.ts';
import { taskFilterQuery } from '../contract/task-filter.ts';
import type { TaskFilter } from '../engine/list-types.ts';
import { TaskerError } from '../kernel/errors.ts';

/** The filter of the interface's own words. @throws INVALID_REQUEST naming the word and what is wrong with it */
export function readFilter(words: Readonly<Record<string, string>>): TaskFilter {
  const read = taskFilterQuery.safeParse(words);
  if (read.success) return filterOfQuery(read.data);
  const [issue] = read.error.issues;
  const problem = `--filter ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`;
  throw new TaskerError('INVALID_REQUEST', { problem });
}
