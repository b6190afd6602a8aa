import { apiKind } from './api.ts';
import { functionKind } from './function.ts';
import type { StepKind } from './step-kind.ts';

/** Every kind of step by its name in `handler_config.type`. A new kind is one file and one line here. */
export const STEP_KINDS: ReadonlyMap<string, StepKind> = new Map(
  [functionKind, apiKind].map((kind) => [kind.name, kind]),
);
