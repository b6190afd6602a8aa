/** The command line of the rig; see options.mjs. */
export interface RigOptions {
  readonly profileName: string;
  readonly profile: { readonly minutes: number; readonly lease: string };
  readonly seed: string;
  readonly minutes: number;
  readonly leaseMs: number;
  readonly only: readonly string[] | null;
  readonly json: string | null;
  readonly writeDocs: boolean;
  readonly help: boolean;
}

export const USAGE: string;
export function readOptions(argv: readonly string[]): RigOptions;
/** The command that does the same again. */
export function replayCommand(options: RigOptions): string;
