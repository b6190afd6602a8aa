import type { Permission } from './permissions.ts';

/** Who makes a request, and what they may do. */
export interface Principal {
  /** Recorded as the actor of everything that they do. 1 to 128 characters. */
  readonly id: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Only tasks of these namespaces exist for them; null means all. */
  readonly namespaces: readonly string[] | null;
}

/**
 * Finds out who makes a request: null when this authenticator does not recognise anybody in it. It must not read the body.
 * One that throws, or takes longer than five seconds, lets nobody in.
 */
export type Authenticator = (request: Request) => Promise<Principal | null> | Principal | null;

/** What a request is about, for a host that decides more finely than the table of permissions. */
export interface Resource {
  readonly namespace: string | null;
  readonly taskId: number | null;
}

/** A host's own decision, asked after the table of permissions has said yes. False, an error or five seconds of silence mean no. */
export type Authorizer = (
  principal: Principal,
  permission: Permission,
  resource: Resource,
) => Promise<boolean> | boolean;
