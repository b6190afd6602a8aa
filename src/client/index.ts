/** `tasker-engine/client`: a typed client of the interface, for Node and for browsers. */
export { createClient } from './client.ts';
export { isTaskerError, TaskerError } from '../kernel/errors.ts';

export type { AnswerOf, CallOf, CallOptions, TaskerClient, TaskerEvent } from './types.ts';
export type { ClientHeaders, ClientOptions } from './options.ts';
export type { ErrorCode } from '../kernel/errors.ts';
export type { EndpointName } from '../contract/index.ts';
