import type { Milliseconds } from '../kernel/duration.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Authenticator, Authorizer } from '../contract/principal.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { LiveHub } from './live/hub.ts';

/** What every part of one mounted interface works with. */
export interface ApiParts {
  readonly tasker: Tasker;
  readonly settings: ApiSettings;
  readonly hub: LiveHub;
}

/** The options, checked and with every default. */
export interface ApiSettings {
  /** Without a slash at the end; empty for the root. */
  readonly basePath: string;
  readonly authenticate: Authenticator | null;
  readonly authorize: Authorizer | null;
  readonly allowedHosts: readonly string[] | null;
  readonly allowedOrigins: readonly string[];
  readonly rateLimit: { readonly perSecond: number; readonly burst: number } | null;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: Milliseconds;
  readonly maxConcurrent: number;
  readonly heartbeatMs: Milliseconds;
  readonly logger: Logger;
}
