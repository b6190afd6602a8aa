import { expect, test } from 'vitest';
import { permissionsOf } from '../../contract/permissions.ts';
import type { Principal } from '../../contract/principal.ts';
import { checkWithinPowers, isWithinPowers, type KeyPowers } from './key-powers.ts';

const holder = (grants: readonly string[], namespaces: readonly string[] | null = null) => ({
  id: 'ada',
  permissions: permissionsOf(grants),
  namespaces,
});

test.each<[string, Principal, ...[KeyPowers, boolean]]>([
  ['an administrator, anything', holder(['admin']), { grants: ['admin'] }, true],
  [
    'a keeper of keys, their own power',
    holder(['system:admin']),
    { grants: ['system:admin'] },
    true,
  ],
  ['a keeper of keys, more than that', holder(['system:admin']), { grants: ['admin'] }, false],
  [
    'a keeper of keys, one permission more',
    holder(['system:*', 'viewer']),
    { grants: ['viewer', 'tasks:create'] },
    false,
  ],
  [
    'of one namespace, for that one',
    holder(['admin'], ['shop']),
    { grants: ['viewer'], namespaces: ['shop'] },
    true,
  ],
  [
    'of one namespace, for another',
    holder(['admin'], ['shop']),
    { grants: ['viewer'], namespaces: ['shop', 'bank'] },
    false,
  ],
  ['of one namespace, for all', holder(['admin'], ['shop']), { grants: ['viewer'] }, false],
  [
    'of one namespace, a stored key for all',
    holder(['admin'], ['shop']),
    { grants: ['viewer'], namespaces: null },
    false,
  ],
])('hands out: %s', (_, principal, ...expected) => {
  const [key, isAllowed] = expected;
  expect(isWithinPowers(principal, key)).toBe(isAllowed);
});

test('the refusal names a permission that is missing', () => {
  expect(() => checkWithinPowers(holder(['system:admin']), { grants: ['tasks:cancel'] })).toThrow(
    'tasks:cancel',
  );
  expect(() => checkWithinPowers(holder(['admin'], ['shop']), { grants: ['viewer'] })).toThrow(
    'every namespace',
  );
});
