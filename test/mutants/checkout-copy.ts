import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { applyMutant, type Mutant } from './mutant.ts';

/** A copy of a checkout in which faults can be made while others work in the checkout itself. */
export interface CheckoutCopy {
  readonly root: string;
  /** Makes the fault, lets `work` look at it, and takes it back. */
  withMutant<T>(mutant: Mutant, work: () => Promise<T>): Promise<T>;
  remove(): void;
}

/** What is large and not changed is shared with the checkout. */
const SHARED = ['node_modules', 'dist'];
/** Measuring needs programs and results of its own, which are large, and no mutant is killed by it. */
const LEFT_OUT = [...SHARED, 'bench', 'coverage', '.git', '.tasker'];

export function copyCheckout(checkout: string): CheckoutCopy {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'tasker-mutants-')));
  for (const name of readdirSync(checkout))
    if (!LEFT_OUT.includes(name))
      cpSync(path.join(checkout, name), path.join(root, name), { recursive: true });
  for (const name of SHARED) symlinkSync(path.join(checkout, name), path.join(root, name));
  return {
    root,
    async withMutant(mutant, work) {
      const file = path.join(root, mutant.file);
      const sound = readFileSync(file, 'utf8');
      writeFileSync(file, applyMutant(mutant, sound));
      try {
        return await work();
      } finally {
        writeFileSync(file, sound);
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
