/** Steps of which something is under way, each with a promise that resolves at its end. */
export interface UnderWay {
  /** Marks steps; the answer ends it. */
  begin(stepIds: readonly number[]): () => void;
  /** The end of what is under way for this step; undefined when nothing is. */
  of(stepId: number): Promise<void> | undefined;
}

export function createUnderWay(): UnderWay {
  const ends = new Map<number, Promise<void>>();
  return {
    begin(stepIds) {
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      for (const id of stepIds) ends.set(id, ended);
      return () => {
        for (const id of stepIds) ends.delete(id);
        end();
      };
    },
    of: (stepId) => ends.get(stepId),
  };
}
