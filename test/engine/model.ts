/**
 * A pure model of how a task ends: what every step and the task must be once everything is settled. It shares no code with the
 * engine, and knows neither time nor order: only what follows from the graph and from what each handler does.
 */

/** What a handler does whenever it runs. */
export type Behaviour =
  | { readonly kind: 'succeeds' }
  /** Fails so many times, then succeeds. */
  | { readonly kind: 'flaky'; readonly failures: number }
  | { readonly kind: 'permanent' };

export interface ModelStep {
  /** Positions of earlier steps. */
  readonly parents: readonly number[];
  readonly behaviour: Behaviour;
  readonly retryLimit: number;
  readonly bypassed: boolean;
  /** Cancelled before any step ran. */
  readonly cancelled: boolean;
}

export interface ModelEnd {
  readonly task: 'complete' | 'error' | 'cancelled';
  readonly steps: readonly {
    readonly status: 'complete' | 'error' | 'cancelled' | 'skipped' | 'pending';
    readonly attempts: number;
  }[];
}

/** How a task ends that is cancelled in some steps before it runs, and then left to itself. */
export function endOf(steps: readonly ModelStep[]): ModelEnd {
  const ended: { status: ModelEnd['steps'][number]['status']; attempts: number }[] = [];
  for (const step of steps) {
    const waited = step.bypassed ? [] : step.parents.map((parent) => ended[parent]?.status);
    const isSatisfied = waited.every((status) => status === 'complete' || status === 'skipped');
    if (step.bypassed) ended.push({ status: 'skipped', attempts: 0 });
    else if (step.cancelled || waited.includes('cancelled'))
      ended.push({ status: 'cancelled', attempts: 0 });
    else if (!isSatisfied) ended.push({ status: 'pending', attempts: 0 });
    else ended.push(runOf(step));
  }
  const has = (status: string): boolean => ended.some((step) => step.status === status);
  const task = has('error') ? 'error' : has('cancelled') ? 'cancelled' : 'complete';
  return { task, steps: ended };
}

function runOf({ behaviour, retryLimit }: ModelStep): ModelEnd['steps'][number] {
  switch (behaviour.kind) {
    case 'succeeds':
      return { status: 'complete', attempts: 1 };
    case 'permanent':
      return { status: 'error', attempts: 1 };
    case 'flaky':
      return behaviour.failures < retryLimit
        ? { status: 'complete', attempts: behaviour.failures + 1 }
        : { status: 'error', attempts: retryLimit };
  }
}
