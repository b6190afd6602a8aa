import { createJiti } from 'jiti';

/** The shop's module, server.ts. Node 20 does not read TypeScript, so it is compiled in memory. */
export function loadShop() {
  return createJiti(import.meta.url, { fsCache: false }).import('./server.ts');
}
