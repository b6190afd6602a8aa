import type { Duration } from './duration.ts';
import type { Json } from './json.ts';

/** Thrown by a handler to be tried again, optionally not before `retryAfter` (a duration from now, or a moment). */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  readonly retryAfter: Duration | Date | undefined;
  readonly data: Json | undefined;

  constructor(
    message: string,
    options?: ErrorOptions & { readonly retryAfter?: Duration | Date; readonly data?: Json },
  ) {
    super(message, options);
    this.retryAfter = options?.retryAfter;
    this.data = options?.data;
  }
}

/** Thrown by a handler when trying again is useless: the step ends in error at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly data: Json | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly data?: Json }) {
    super(message, options);
    this.data = options?.data;
  }
}
