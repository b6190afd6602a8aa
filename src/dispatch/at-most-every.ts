/** Something that is done at most once per span of time, and never forgotten. */
export interface Spaced {
  /** Does it now, or at the end of the span that is running. */
  ask(): void;
  /** Does what was still to be done, and stops. */
  finish(): void;
}

/** The first asking is answered at once, later ones together at the end of the span: a flood is merged, and the last is never lost. */
export function atMostEvery(milliseconds: number, work: () => void): Spaced {
  let quiet: NodeJS.Timeout | null = null;
  let again = false;
  const ask = (): void => {
    again = quiet !== null;
    if (again) return;
    work();
    quiet = setTimeout(() => {
      quiet = null;
      if (again) ask();
    }, milliseconds);
    quiet.unref();
  };
  return {
    ask,
    finish() {
      if (quiet !== null) clearTimeout(quiet);
      quiet = null;
      if (again) work();
      again = false;
    },
  };
}
