export interface PeerOptions {
  readonly workloads: readonly string[];
  readonly contenders: readonly string[];
  readonly tasks: number | null;
  readonly repeat: number;
  readonly json: string | null;
  readonly svg: string | null;
  readonly quick: boolean;
  readonly help: boolean;
}

/** See options.mjs. */
export function readOptions(argv: readonly string[]): PeerOptions;
