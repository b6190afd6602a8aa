import { CLAIMING } from './claiming.ts';
import { CREATING } from './creating.ts';
import { DECIDING } from './deciding.ts';
import type { Mutant } from './mutant.ts';
import { RUNNING } from './running.ts';
import { STORING } from './storing.ts';
import { WATCHING } from './watching.ts';

/** Every fault that some test must notice. A new one is a value in one of these lists. */
export const ALL_MUTANTS: readonly Mutant[] = [
  ...STORING,
  ...CLAIMING,
  ...DECIDING,
  ...CREATING,
  ...RUNNING,
  ...WATCHING,
];
