/** See tally.mjs. */
export class Tally {
  constructor(steps: readonly { readonly name: string; readonly parents: readonly string[] }[]);
  run(name: string, number: number, parents?: readonly unknown[]): Promise<object>;
  allOf(tasks: number): Promise<void>;
  endOf(number: number): Promise<number>;
  problem(tasks: number): string | null;
}
