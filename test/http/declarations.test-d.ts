import { z } from 'zod';
import type { Handler, Handlers } from '../../src/api/route.ts';
import { taskHandlers } from '../../src/api/rest/tasks.ts';
import { endpoint } from '../../src/contract/endpoint.ts';
import { nothing } from '../../src/contract/scalars.ts';

/*
 * Checked by the compiler alone: every line below is a promise about declarations. `@ts-expect-error` fails when the error is missing.
 */

const parts = {
  method: 'GET',
  path: '/things',
  chapter: 'system',
  summary: 'Things',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: z.object({ things: z.array(z.string()) }) },
  errors: [],
} as const;

// An endpoint names who may call it.
endpoint({ ...parts, permission: 'system:read' });
// @ts-expect-error an endpoint without a permission
endpoint({ ...parts });
// @ts-expect-error a permission that the table does not have
endpoint({ ...parts, permission: 'tasks:everything' });
// @ts-expect-error a bare star is no permission
endpoint({ ...parts, permission: '*' });
// @ts-expect-error undefined is no permission
endpoint({ ...parts, permission: undefined });

// The parameters of a path are those that are declared.
const one = z.object({ thing_id: z.string() });
endpoint({ ...parts, permission: 'public', path: '/things/:thing_id', params: one });
// @ts-expect-error a parameter that the path does not have
endpoint({ ...parts, permission: 'public', path: '/things', params: one });
// @ts-expect-error a path with a parameter that is not declared
endpoint({ ...parts, permission: 'public', path: '/things/:thing_id', params: nothing });
// @ts-expect-error an error that the catalogue does not have
endpoint({ ...parts, permission: 'public', errors: ['NO_SUCH_ERROR'] });

// Every endpoint has a handler.
declare const all: Handlers;
export const complete: Handlers = { ...all };
const { getTask: _, ...rest } = all;
// @ts-expect-error a handler is missing
export const incomplete: Handlers = rest;
// @ts-expect-error the handlers of one chapter are not all handlers
export const few: Handlers = taskHandlers;

// A handler answers what its endpoint declares.
export const honest: Handler<'live'> = () =>
  Promise.resolve({ status: 200, body: { status: 'ok' } });
// @ts-expect-error a status that is not declared
export const strange: Handler<'live'> = () => Promise.resolve({ status: 201, body: {} });
// @ts-expect-error a body of another form
export const wrong: Handler<'live'> = () => Promise.resolve({ status: 200, body: { ok: true } });
