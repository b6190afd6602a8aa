import type { Duration } from '../../kernel/duration.ts';

/** How tokens are checked. Exactly one of `secret`, `publicKey` and `jwksUrl` is given. */
export interface JwtOptions {
  /**
   * The only signing algorithms that are accepted: HS256, HS384 and HS512 with a secret; RS*, PS* and ES* of 256, 384 and 512, EdDSA and
   * Ed25519 with a public key or a key set. One that does not fit the kind of key is refused here, so that no token can choose it.
   */
  readonly algorithms: readonly string[];
  /** A shared secret, as long as the hash of the algorithm: at least 32 bytes for HS256, 48 for HS384, 64 for HS512. */
  readonly secret?: string | Uint8Array;
  /** A public key in PEM (`-----BEGIN PUBLIC KEY-----` or a certificate). RSA keys have at least 2,048 bits. */
  readonly publicKey?: string;
  /** Where the issuer publishes its keys (a JWKS): https, without user and password. */
  readonly jwksUrl?: string;
  /** Allows `http://` for a `jwksUrl` on this machine's loopback address, for tests. @default false */
  readonly allowInsecureJwks?: boolean;
  /** The only accepted `iss`, or several. */
  readonly issuer: string | readonly string[];
  /** What `aud` must contain, or several of which it must contain one. */
  readonly audience: string | readonly string[];
  /** The claim with permissions: a list, or words with spaces between them. @default "permissions" */
  readonly permissionsClaim?: string;
  /** The claim with a role or a list of roles. @default "role" */
  readonly roleClaim?: string;
  /** The claim with the namespaces of the caller, a list. A token without it sees no task at all. @default every token sees all namespaces */
  readonly namespacesClaim?: string;
  /** How far the clocks of the issuer and this machine may differ, at most 5 minutes. @default "30s" */
  readonly clockTolerance?: Duration;
}
