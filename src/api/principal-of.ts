import {
  ALL_PERMISSIONS,
  ALL_ROLES,
  permissionsOf,
  unknownGrants,
} from '../contract/permissions.ts';
import type { Principal } from '../contract/principal.ts';
import { TaskerError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';

/**
 * A principal with what grants stand for: what an authenticator of your own gives.
 *
 * ```ts
 * const authenticate = (_request, { user }) => (user ? principalOf(user.email, ['operator']) : null);
 * ```
 *
 * @param id recorded as the actor of everything that they do; 1 to 128 characters
 * @param grants roles (`viewer`, `submitter`, `operator`, `admin`), permissions (`tasks:read`) and resources (`tasks:*`)
 * @param namespaces only tasks of these exist for them; null means all. @default null
 * @throws INVALID_OPTION for a grant that stands for nothing
 */
export function principalOf(
  id: string,
  grants: readonly string[],
  namespaces: readonly string[] | null = null,
): Principal {
  const [unknown] = unknownGrants(grants);
  if (unknown !== undefined) {
    const problem = `${JSON.stringify(unknown)} stands for nothing.${didYouMean(unknown, [...ALL_ROLES, ...ALL_PERMISSIONS])}`;
    throw new TaskerError('INVALID_OPTION', { option: 'grants', problem });
  }
  return { id, permissions: permissionsOf(grants), namespaces };
}
