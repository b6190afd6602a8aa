import { parseDuration, type Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';

/** A whole number within bounds. @throws INVALID_OPTION */
export function whole(
  option: string,
  value: unknown,
  [least, most]: readonly [number, number],
): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw invalid(
      option,
      `must be a whole number from ${least} to ${most}; got ${JSON.stringify(value) ?? typeof value}`,
    );
  }
  return value;
}

/** A length of time within bounds, in milliseconds. @throws INVALID_OPTION, INVALID_DURATION */
export function span(
  option: string,
  value: unknown,
  [least, most]: readonly [number, number],
): Milliseconds {
  const ms = parseDuration(value, option);
  if (ms < least || ms > most)
    throw invalid(option, `must be from ${least} ms to ${most} ms; got ${ms} ms`);
  return ms;
}

/** What is wrong with an option. */
export function invalid(option: string, problem: string): TaskerError<'INVALID_OPTION'> {
  return new TaskerError('INVALID_OPTION', { option, problem });
}
