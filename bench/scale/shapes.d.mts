/** See shapes.mjs. */
interface GraphStep {
  readonly name: string;
  readonly parents: readonly string[];
}

export function fan(width: number): readonly GraphStep[];
export function layers(count: number, width: number): readonly GraphStep[];
