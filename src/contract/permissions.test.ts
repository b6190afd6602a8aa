import { expect, test } from 'vitest';
import { ALL_PERMISSIONS, permissionsOf, ROLES, unknownGrants } from './permissions.ts';

test('a role, a permission and a resource wildcard grant what they name', () => {
  expect([...permissionsOf(['tasks:read', 'workers:*'])]).toEqual(['tasks:read', 'workers:read']);
  expect(permissionsOf(['admin'])).toEqual(new Set(ALL_PERMISSIONS));
  expect(permissionsOf(['viewer', 'tasks:create']).size).toBe(ROLES.viewer.length + 1);
});

test('a bare star, unknown words and words of the prototype grant nothing', () => {
  for (const grant of ['*', '*:*', 'tasks:everything', 'toString', '__proto__', '', 'tasks:'])
    expect(permissionsOf([grant]).size, grant).toBe(0);
  expect(unknownGrants(['operator', '*', 'tasks:everything'])).toEqual(['*', 'tasks:everything']);
});

test('a viewer and a submitter see no payload', () => {
  for (const role of ['viewer', 'submitter'])
    for (const payload of ['tasks:read_context', 'steps:read_results'] as const)
      expect(permissionsOf([role]).has(payload)).toBe(false);
});
