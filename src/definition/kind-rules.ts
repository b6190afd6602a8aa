import type { Json } from '../kernel/json.ts';

/** What the definition room must know of a step kind to check a definition; the kinds themselves live in the handlers room. */
export interface KindRules {
  /** The name in `handler_config.type`; a step without one is a `function`. */
  readonly name: string;
  /** `required`: a handler must be named; `optional`: may be; `none`: must not. */
  readonly code: 'required' | 'optional' | 'none';
  /** Checks `handler_config` when a definition is loaded. Returns what is wrong, each with a path such as `url` or `params.cart_id`. */
  checkConfig(config: Json): readonly { readonly path: string; readonly message: string }[];
}
