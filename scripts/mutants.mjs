// Makes faults in a copy of the checkout and demands that the tests notice: see test/mutants/run.ts.
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url);
const { runMutants } = await jiti.import('../test/mutants/run.ts');

try {
  process.exitCode = await runMutants(process.argv.slice(2));
} catch (error) {
  console.error(`mutants: ${error.message}`);
  process.exitCode = 1;
}
