import type { Duration } from '../kernel/duration.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Authenticator, Authorizer } from '../contract/principal.ts';

/** How the interface is mounted, who may use it, and how much. */
export interface ApiOptions {
  /** The path that it is mounted under, such as `/tasker`. Hosts that strip it and hosts that do not both work. @default "/tasker" */
  readonly basePath?: string;
  /**
   * Finds out who makes a request: `apiKeys(tasker)`, `jwt({ … })`, a list of several, or your own function over the request.
   * @default nobody but callers on this machine (a loopback address and a loopback name as Host), who may do everything
   */
  readonly authenticate?: Authenticator;
  /** Your own decision after the table of permissions has said yes. @default yes */
  readonly authorize?: Authorizer;
  /** Host names that are served; others get 421. @default any with `authenticate`, otherwise only loopback names */
  readonly allowedHosts?: readonly string[];
  /** Other sites whose pages may send writes, such as `https://ops.example`. @default none */
  readonly allowedOrigins?: readonly string[];
  /** Requests of one caller. `false` = no limit. @default 1,000 a second, in bursts of 2,000; callers on this machine without limit */
  readonly rateLimit?: false | { readonly perSecond: number; readonly burst: number };
  /** Largest body, in bytes. @default 2097152: a context of 1 MiB fits with what surrounds it */
  readonly maxBodyBytes?: number;
  /** Longest silence while a body arrives. @default "10s" */
  readonly bodyTimeout?: Duration;
  /** Requests under way at once before further ones are refused with 503; event streams do not count. @default 1000 */
  readonly maxConcurrent?: number;
  /** How often a silent event stream shows that it lives. @default "15s" */
  readonly heartbeat?: Duration;
  /** @default says nothing */
  readonly logger?: Logger;
}

/** What an adapter knows of a request besides the request itself. */
export interface ConnectionInfo {
  /** The address of the peer's socket; null when it is not known. */
  readonly remoteAddress: string | null;
  /** The body, where the host has read it already (`express.json()`). */
  readonly parsedBody?: unknown;
}
