import { describeOnPostgres } from '../support/each-database.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { playScenarios } from './suite.ts';

/** Every scenario; see vitest.config.ts beside this file. */

describeOnPostgres('every interleaving of', () => {
  playScenarios(SCENARIOS, 3_000);
});
