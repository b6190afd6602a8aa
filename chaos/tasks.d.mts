/** A step of a definition of the rig; see tasks.mjs. */
interface WorkStep {
  readonly name: string;
  readonly handler: 'work';
  readonly depends_on_steps?: readonly string[];
  readonly timeout?: string;
}

interface WorkDefinition {
  readonly name: string;
  readonly version: string;
  readonly steps: readonly WorkStep[];
  readonly width?: number;
}

/** By file name. A retry limit of 200 outlives every storm; `poison` and `timed` are to be used up. */
export const WORK_FILES: Readonly<Record<string, WorkDefinition>>;

/** So many definitions of 2 to 40 steps, each with up to three parents: `random0`, `random1`, … */
export function randomFiles(
  seed: string | number,
  count: number,
): Readonly<Record<string, WorkDefinition>>;
