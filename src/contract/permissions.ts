/**
 * The one table of permissions: what a caller may be allowed to do. Route checks, GraphQL checks, live streams, the documentation
 * and the tests of authorisation all derive from it.
 */
export const PERMISSIONS = {
  'tasks:create': 'create tasks',
  'tasks:list': 'list and search tasks, and watch lists',
  'tasks:read': 'read one task, and watch it',
  'tasks:read_context': 'see the context and the annotations of tasks, and the inputs of steps',
  'tasks:update': 'change the reason and the tags of a task, and annotate it',
  'tasks:cancel': 'cancel tasks',
  'tasks:retry': 'retry tasks and give their steps new attempts',
  'tasks:resolve': 'close tasks by hand',
  'steps:read': 'read steps and their attempts',
  'steps:read_results': 'see the results and the errors of steps',
  'steps:update': 'change the inputs and the retry limit of a step',
  'steps:cancel': 'cancel steps',
  'steps:retry': 'retry steps and give them new attempts',
  'steps:resolve': 'complete steps by hand',
  'definitions:read': 'read definitions and the description of this interface',
  'systems:read': 'read dependent systems and object maps',
  'systems:map': 'record object maps',
  'workers:read': 'see workers',
  'audit:read': 'read what operators did',
  'system:read': 'see metrics, analytics and the detailed state of the system',
  'system:admin': 'create, rotate and revoke API keys',
} as const;

/** One permission, such as `tasks:create`. */
export type Permission = keyof typeof PERMISSIONS;

export const ALL_PERMISSIONS: readonly Permission[] = Object.keys(PERMISSIONS) as Permission[]; // sound: the keys of the table

const VIEWER: readonly Permission[] = [
  'tasks:list',
  'tasks:read',
  'steps:read',
  'definitions:read',
  'systems:read',
  'workers:read',
];
const SUBMITTER: readonly Permission[] = ['tasks:create', 'tasks:read', 'definitions:read'];
const OPERATOR: readonly Permission[] = [
  ...VIEWER,
  'tasks:create',
  'tasks:read_context',
  'tasks:update',
  'tasks:cancel',
  'tasks:retry',
  'tasks:resolve',
  'steps:read_results',
  'steps:update',
  'steps:cancel',
  'steps:retry',
  'steps:resolve',
  'systems:map',
  'audit:read',
  'system:read',
];

/** Named sets of permissions. A viewer sees no payload: neither contexts nor results. */
export const ROLES = {
  viewer: VIEWER,
  submitter: SUBMITTER,
  operator: OPERATOR,
  admin: ALL_PERMISSIONS,
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof ROLES;

export const ALL_ROLES: readonly Role[] = Object.keys(ROLES) as Role[]; // sound: the keys of the table

/** `tasks:*` and its like: every permission of one resource. */
const WILDCARD = /^([a-z]+):\*$/;

/**
 * The permissions that grants stand for: roles (`operator`), permissions (`tasks:read`) and resource wildcards (`tasks:*`).
 * What is not known, and `*` alone, grants nothing.
 */
export function permissionsOf(grants: readonly string[]): ReadonlySet<Permission> {
  return new Set(grants.flatMap(expand));
}

/** The grants that stand for nothing, so that they can be refused where they are written down. */
export function unknownGrants(grants: readonly string[]): readonly string[] {
  return grants.filter((grant) => expand(grant).length === 0);
}

function expand(grant: string): readonly Permission[] {
  const role = ALL_ROLES.find((name) => name === grant);
  if (role !== undefined) return ROLES[role];
  const resource = WILDCARD.exec(grant)?.[1];
  return ALL_PERMISSIONS.filter(
    (permission) =>
      permission === grant || (resource !== undefined && permission.startsWith(`${resource}:`)),
  );
}
