import type { Scenario } from '../scenario.ts';
import { cancelStepComplete } from './cancel-step-complete.ts';
import { claimCancel } from './claim-cancel.ts';
import { claimClaim } from './claim-claim.ts';
import { claimFail } from './claim-fail.ts';
import { claimReap } from './claim-reap.ts';
import { completeCancel } from './complete-cancel.ts';
import { completeComplete } from './complete-complete.ts';
import { completeCompleteCancel } from './complete-complete-cancel.ts';
import { createCreate, createOther } from './create-create.ts';
import { editClaim } from './edit-claim.ts';
import { editComplete } from './edit-complete.ts';
import { failCancel } from './fail-cancel.ts';
import { failComplete } from './fail-complete.ts';
import { failFail } from './fail-fail.ts';
import { failFailEdit } from './fail-fail-edit.ts';
import { leafLeaf } from './leaf-leaf.ts';
import { migrateClaim } from './migrate-claim.ts';
import { promoteCancel } from './promote-cancel.ts';
import { reapComplete } from './reap-complete.ts';
import { resetComplete } from './reset-complete.ts';
import { resolveComplete } from './resolve-complete.ts';
import { resolveFail } from './resolve-fail.ts';
import { retryFail } from './retry-fail.ts';
import { retryComplete } from './retry-complete.ts';
import { settleRetry } from './settle-retry.ts';
import { stopComplete } from './stop-complete.ts';

/** Every meeting that is played, in every order of its steps. */
export const SCENARIOS: readonly Scenario[] = [
  claimClaim,
  claimReap,
  claimCancel,
  claimFail,
  completeCancel,
  cancelStepComplete,
  completeComplete,
  leafLeaf,
  completeCompleteCancel,
  createCreate,
  createOther,
  failCancel,
  failComplete,
  failFail,
  failFailEdit,
  retryComplete,
  settleRetry,
  resolveComplete,
  resolveFail,
  retryFail,
  reapComplete,
  stopComplete,
  promoteCancel,
  editClaim,
  editComplete,
  resetComplete,
  migrateClaim,
];
