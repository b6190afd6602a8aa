import { ATTEMPT_FAULTS } from './attempt-faults.ts';
import { DEFINITION_FAULTS } from './definition-faults.ts';
import { MOTION_FAULTS } from './motion-faults.ts';
import { OPERATOR_FAULTS } from './operator-faults.ts';
import { SHAPE_FAULTS } from './shape-faults.ts';
import { STATUS_FAULTS } from './status-faults.ts';
import { TIME_FAULTS } from './time-faults.ts';
import type { Fault } from './fault.ts';

/** At least one fault for every law; a law with several branches has one for each. */
export const FAULTS: readonly Fault[] = [
  ...DEFINITION_FAULTS,
  ...SHAPE_FAULTS,
  ...STATUS_FAULTS,
  ...ATTEMPT_FAULTS,
  ...MOTION_FAULTS,
  ...TIME_FAULTS,
  ...OPERATOR_FAULTS,
];
