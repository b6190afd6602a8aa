/** The points, before and after, of what is required and was not exercised. */
export function unexercised(
  required: readonly string[],
  exercised: Iterable<string>,
): readonly string[];
