import { TaskerError } from '../kernel/errors.ts';

/** The longest initiator, reason, actor, tag and step name. */
export const MAX_TEXT = 128;
const MAX_TAGS = 64;

/** Text that PostgreSQL can store, of 1 to `longest` characters. @throws INVALID_REQUEST naming the field and what is wrong with it */
export function checkText(field: string, value: unknown, longest: number): string {
  if (typeof value !== 'string') throw invalid(`${field} must be text`);
  if (value === '' || value.length > longest)
    throw invalid(`${field} must have 1 to ${longest} characters`);
  if (value.includes('\u0000') || !value.isWellFormed())
    throw invalid(`${field} has characters that cannot be stored`);
  return value;
}

/** The same for a list with at most so many entries; none is given when it is undefined. @throws INVALID_REQUEST */
export function checkTexts(
  field: string,
  value: unknown,
  limit: { readonly longest: number; readonly most: number },
): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(`${field} must be a list of texts`);
  if (value.length > limit.most) throw invalid(`${field} may have at most ${limit.most} entries`);
  return value.map((entry: unknown, index) =>
    checkText(`${field}[${index}]`, entry, limit.longest),
  );
}

/** A task's tags. @throws INVALID_REQUEST */
export function checkTags(value: unknown): readonly string[] {
  return checkTexts('tags', value, { longest: MAX_TEXT, most: MAX_TAGS });
}

/** A revision as a reader got it. @throws INVALID_REQUEST for what no reader can have got */
export function checkRevision(value: unknown): string {
  if (typeof value !== 'string' || !/^\d{1,10}$/.test(value))
    throw invalid('ifRevision must be the revision of a task or step as it was read');
  return value;
}

/** A whole number within bounds, the fallback when it is not given. @throws INVALID_REQUEST */
export function checkNumber(
  field: string,
  value: unknown,
  {
    least,
    most,
    fallback,
  }: { readonly least: number; readonly most: number; readonly fallback: number },
): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw invalid(`${field} must be a whole number from ${least} to ${most}`);
  return value;
}

function invalid(problem: string): TaskerError<'INVALID_REQUEST'> {
  return new TaskerError('INVALID_REQUEST', { problem });
}
