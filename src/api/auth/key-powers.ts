import { permissionsOf } from '../../contract/permissions.ts';
import type { Principal } from '../../contract/principal.ts';
import { TaskerError } from '../../kernel/errors.ts';

/** What a key may do, and where. */
export interface KeyPowers {
  readonly grants: readonly string[];
  /** Undefined or null means all namespaces. */
  readonly namespaces?: readonly string[] | null | undefined;
}

/** True when a key can do nothing that this principal cannot do: nobody hands out, or takes over, more than they have. */
export function isWithinPowers(principal: Principal, key: KeyPowers): boolean {
  return missingPower(principal, key) === null;
}

/** @throws FORBIDDEN naming a permission that the key would have and the principal has not */
export function checkWithinPowers(principal: Principal, key: KeyPowers): void {
  const permission = missingPower(principal, key);
  if (permission !== null) throw new TaskerError('FORBIDDEN', { permission });
}

function missingPower(principal: Principal, { grants, namespaces }: KeyPowers): string | null {
  const missing = [...permissionsOf(grants)].find((one) => !principal.permissions.has(one));
  if (missing !== undefined) return missing;
  const own = principal.namespaces;
  if (own === null) return null;
  const isInside = namespaces?.every((namespace) => own.includes(namespace)) === true;
  return isInside ? null : 'system:admin in every namespace of the key';
}
