import { describeOnPostgres } from '../support/each-database.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { findFaults, playScenarios } from './suite.ts';

/** The most telling scenarios and the planted faults. Every scenario: `npm run isolation`. */

describeOnPostgres('every interleaving of', () => {
  playScenarios(
    SCENARIOS.filter(({ always }) => always === true),
    200,
  );
});

describeOnPostgres('a planted fault:', findFaults);
