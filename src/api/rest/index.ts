import type { Json } from '../../kernel/json.ts';
import type { Handlers } from '../route.ts';
import { analyticsHandlers } from './analytics.ts';
import { catalogHandlers } from './catalog.ts';
import { liveHandlers } from './live.ts';
import { stepHandlers } from './steps.ts';
import { systemHandlers } from './system.ts';
import { taskHandlers } from './tasks.ts';

/** The handler of every endpoint; one that is missing does not compile. */
export function createHandlers(openapi: { readonly [key: string]: Json }): Handlers {
  return {
    ...taskHandlers,
    ...stepHandlers,
    ...catalogHandlers,
    ...analyticsHandlers,
    ...liveHandlers,
    ...systemHandlers(openapi),
  };
}
