import type { PinnedDefinition } from '../engine/pinned-definitions.ts';
import type { StepTemplate } from '../definition/task-definition.ts';
import type { RunStep } from '../handlers/step-kind.ts';
import type { CustomBackoff } from '../retry/backoff.ts';
import type { SchemaCheck } from '../kernel/schema.ts';

/** One step that this worker can run. */
export interface ServedStep {
  readonly template: StepTemplate;
  readonly run: RunStep;
  readonly customBackoff: CustomBackoff | null;
  /** Alias of each parent, in the order of `template.parents`. */
  readonly aliases: readonly string[];
  readonly checkResult: SchemaCheck | null;
}

/** A definition that this worker can run, at least for the steps of its queues. */
export interface ServedDefinition {
  readonly pinned: PinnedDefinition;
  /** By position; null for a step of a queue that this worker does not serve and whose handler it does not have. */
  readonly steps: readonly (ServedStep | null)[];
}

/** Why a definition cannot be served here. Its steps stay ready for a worker that can. */
export interface Unservable {
  readonly problem: string;
}

/** Where a worker finds what runs a step. Answers are remembered; a refusal is asked again after a while. */
export interface StepSource {
  peek(definitionId: number): ServedDefinition | undefined;
  get(definitionId: number, queues: readonly string[]): Promise<ServedDefinition | Unservable>;
}
