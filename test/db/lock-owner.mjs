// Takes the lock of the directory in argv and says how it went; never gives it back, and ends with standard input.
// Lines: "ready", then after "go" on standard input: "locked" or "refused <pid>".
import { createInterface } from 'node:readline';

import { createJiti } from 'jiti';

const { lockDirectory } = await createJiti(import.meta.url).import(
  '../../src/db/directory-lock.ts',
);
const input = createInterface({ input: process.stdin });

console.log('ready');
input.once('line', () => void tryToLock());

async function tryToLock() {
  try {
    await lockDirectory(process.argv[2]);
    console.log('locked');
  } catch (error) {
    console.log(
      error.code === 'DATABASE_LOCKED' ? `refused ${error.details.pid}` : String(error.stack),
    );
  }
}
