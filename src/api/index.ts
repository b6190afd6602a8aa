/**
 * `tasker-engine/api`: the interface for programs (REST, GraphQL, event streams) as one `fetch` handler, and who may use it.
 * The adapters for hosts are `tasker-engine/express`, `/fastify`, `/hono` and `/node`.
 */
export { createApi, type TaskerApi } from './app.ts';
export { anyOf } from './auth/any-of.ts';
export { apiKeys } from './auth/api-keys.ts';
export { jwt } from './auth/jwt.ts';
export { principalOf } from './principal-of.ts';
export { PERMISSIONS, ROLES } from '../contract/permissions.ts';

export type { JwtOptions } from './auth/jwt-options.ts';
export type { ApiOptions, ConnectionInfo } from './options.ts';
export type { Permission, Role } from '../contract/permissions.ts';
export type { Authenticator, Authorizer, Principal, Resource } from '../contract/principal.ts';
