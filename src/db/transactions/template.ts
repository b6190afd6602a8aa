/** A statement as its texts between parameters, with the values of those in order: a value for each time that a parameter occurs. */
export interface Template {
  readonly texts: readonly string[];
  readonly values: readonly (string | null)[];
}

/** Takes a statement with `$1`, `$2`, … apart, for libraries that number parameters themselves. */
export function toTemplate(text: string, values: readonly (string | null)[]): Template {
  const parts = text.split(/\$(\d+)/); // text, number, text, number, …, text
  return {
    texts: parts.filter((_, index) => index % 2 === 0),
    values: parts.filter((_, index) => index % 2 === 1).map((n) => values[Number(n) - 1] ?? null),
  };
}
