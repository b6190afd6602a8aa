import { createRequire } from 'node:module';

/** The version of this package, from its package.json, which lies one folder above both src/ and dist/. */
export const VERSION: string = String(
  (createRequire(import.meta.url)('../package.json') as { version: unknown }).version,
); // our own file
