import type { NewSteps, Stored } from '../engine/parts.ts';
import { isUnavailable } from '../db/failure.ts';
import type { Attempts } from './attempts.ts';
import type { Pump } from './pump.ts';
import type { WorkerIdentity } from './run.ts';

export interface TakerParts {
  readonly pump: Pick<Pump, 'reserve'>;
  readonly attempts: Pick<Attempts, 'begin'>;
  readonly identity: () => WorkerIdentity;
  readonly canServe: (steps: NewSteps) => boolean;
  readonly onDoubt: (error: unknown) => void;
}

/**
 * Lets this worker claim the first steps of a task in the statement that creates the task: one commit less than through the queue, and
 * no hint. Only when it has nothing else to do: what waits in the queue comes first.
 *
 * I1: the slots are kept from before the statement until its steps are running here, so `concurrency` is never exceeded; resting and
 *     draining wait for it.
 * I2: when the statement breaks, it may have been stored: the worker compares itself with the database, and finds the steps.
 */
export async function takeNew<T>(
  { pump, attempts, identity, canServe, onDoubt }: TakerParts,
  steps: NewSteps,
  store: (workerId: number | null) => Promise<Stored<T>>,
): Promise<T> {
  const release = canServe(steps) ? pump.reserve(steps.queues.length) : null;
  if (release === null) {
    const { value, tell } = await store(null);
    tell();
    return value;
  }
  const taking = identity();
  try {
    const { value, taken, tell } = await store(taking.workerId);
    tell();
    if (taken.length > 0) attempts.begin(taken, taking);
    return value;
  } catch (error) {
    if (isUnavailable(error)) onDoubt(error);
    throw error;
  } finally {
    release();
  }
}
