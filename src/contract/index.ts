import * as bulk from './bulk.ts';
import * as catalog from './catalog.ts';
import * as steps from './steps.ts';
import * as system from './system.ts';
import * as tasks from './tasks.ts';

/** Every endpoint of the interface by its name, which is also its OpenAPI operation and the method of the client. */
export const ENDPOINTS = { ...tasks, ...steps, ...bulk, ...catalog, ...system } as const;

export type Endpoints = typeof ENDPOINTS;
export type EndpointName = keyof Endpoints;
