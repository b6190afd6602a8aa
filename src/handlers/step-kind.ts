import type { Json } from '../kernel/json.ts';
import type { HandlerContext, StepHandler } from '../model/handler-context.ts';
import type { KindRules } from '../definition/kind-rules.ts';
import type { OutboundPolicy } from './outbound.ts';

/** What a kind needs from its surroundings at run time. */
export interface KindServices {
  /** Reads the value of a secret or variable by name (`TASKER_SECRET_*` style sources), or undefined. */
  readonly secret: (name: string) => string | undefined;
  /** The clock, for `Retry-After` dates. */
  readonly now: () => Date;
  /** Which addresses steps may call. @default public addresses only */
  readonly outbound?: OutboundPolicy;
}

/** A step ready to run: configuration parsed, code bound. */
export type RunStep = (ctx: HandlerContext) => unknown;

/**
 * One kind of step. A new kind is a value of this type in its own file plus one line in kinds.ts.
 */
export interface StepKind extends KindRules {
  /** Binds configuration and code to something that runs. Called once per definition and step, not per attempt. */
  bind(config: Json, handler: StepHandler | null, services: KindServices): RunStep;
}
