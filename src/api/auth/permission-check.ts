import type { Permission } from '../../contract/permissions.ts';
import type { Authorizer, Principal, Resource } from '../../contract/principal.ts';
import { TaskerError } from '../../kernel/errors.ts';
import { DECISION_MS, withinTime } from './within-time.ts';

/**
 * Lets a principal do something, or throws.
 * @throws FORBIDDEN; AUTHENTICATOR_FAILED when the host's own decision failed, with the reason as its cause
 */
export type PermissionCheck = (
  principal: Principal,
  permission: Permission,
  resource: Resource,
) => Promise<void>;

/**
 * The table of permissions first, then the host's own decision if there is one. It can only take away: what the table refuses, the
 * host is not asked. Anything but `true` means no; an error, or five seconds of silence, means that nobody may do anything.
 */
export function createPermissionCheck(authorize?: Authorizer): PermissionCheck {
  return async (principal, permission, resource) => {
    if (!principal.permissions.has(permission)) throw new TaskerError('FORBIDDEN', { permission });
    if (authorize === undefined) return;
    const answer = await decide(() => authorize(principal, permission, resource));
    if (answer !== true) throw new TaskerError('FORBIDDEN', { permission });
  };
}

async function decide(ask: () => unknown): Promise<unknown> {
  try {
    return await withinTime(ask, DECISION_MS);
  } catch (cause) {
    throw new TaskerError('AUTHENTICATOR_FAILED', {}, { cause });
  }
}
