/** How tasks come into the world of the reference model, and how a request is known again. */
import { give } from './model.ts';
import { moveOn } from './progress.ts';
import {
  workerOf,
  type Ask,
  type Known,
  type Plan,
  type StepState,
  type Token,
  type World,
} from './world.ts';

export type SubmitAnswer =
  | {
      readonly kind: 'stored';
      readonly tasks: readonly { readonly task: number; readonly created: boolean }[];
      readonly taken: readonly Token[];
    }
  | {
      readonly kind: 'refused';
      readonly code: 'DUPLICATE_TASK' | 'IDEMPOTENCY_CONFLICT' | 'STEP_NOT_SKIPPABLE';
    };

/** Creates tasks, all or none. `taker`: the worker that takes the first steps on as the (only) task is stored. */
export function submit(
  world: World,
  plan: Plan,
  { asks, taker }: { readonly asks: readonly Ask[]; readonly taker: number | null },
): SubmitAnswer {
  const isRequired = (position: number): boolean => plan.steps[position]?.optional !== true;
  if (asks.some(({ bypass }) => bypass.some(isRequired)))
    return { kind: 'refused', code: 'STEP_NOT_SKIPPABLE' };
  const names = new Map(world.known);
  const tasks: { task: number; created: boolean }[] = [];
  const fresh: Ask[] = [];
  for (const ask of asks) {
    const task = world.tasks.length + fresh.length;
    const named = nameOf(world, plan, { ask, task });
    const known = named === null ? undefined : names.get(named.name);
    if (known === undefined || isForgotten(known, ask.madeAt ?? world.now)) {
      if (named !== null) names.set(named.name, named.known);
      fresh.push(ask);
      tasks.push({ task, created: true });
    } else if (known.within !== null) return { kind: 'refused', code: 'DUPLICATE_TASK' };
    else if (known.content !== named?.known.content)
      return { kind: 'refused', code: 'IDEMPOTENCY_CONFLICT' };
    else tasks.push({ task: known.task, created: false });
  }
  for (const [name, known] of names) world.known.set(name, known);
  const taken = fresh.flatMap((ask) => store(world, plan, { ask, taker }));
  return { kind: 'stored', tasks, taken };
}

/** A caller's key counts for ever; without one, an equal request counts for the plan's time. */
function nameOf(
  { now }: World,
  plan: Plan,
  { ask, task }: { readonly ask: Ask; readonly task: number },
): { readonly name: string; readonly known: Known } | null {
  const at = ask.madeAt ?? now;
  const content = `${plan.name} ${ask.content} ${ask.bypass.toSorted((a, b) => a - b).join()}`;
  if (ask.key !== null)
    return {
      name: `key ${plan.name} ${ask.key}`,
      known: { task, content, at, within: null },
    };
  if (plan.sameWithin === null) return null;
  return { name: `same ${content}`, known: { task, content, at, within: plan.sameWithin } };
}

function isForgotten({ at, within }: Known, madeAt: number): boolean {
  return within !== null && Math.abs(madeAt - at) >= within;
}

/** Forgets names whose time was over an hour ago. @returns how many */
export function forget(world: World): number {
  const before = world.known.size;
  for (const [name, { at, within }] of world.known)
    if (within !== null && at + within < world.now - 3_600_000) world.known.delete(name);
  return before - world.known.size;
}

function store(
  world: World,
  plan: Plan,
  { ask, taker }: { readonly ask: Ask; readonly taker: number | null },
): readonly Token[] {
  const steps = plan.steps.map((_, position): StepState => ({
    stage: ask.bypass.includes(position) ? 'passed' : 'idle',
    runs: 0,
    limit: null,
    worker: null,
    from: null,
    to: null,
    queued: null,
    hurt: false,
    past: [],
    result: null,
    inputs: null,
  }));
  const { priority } = ask;
  const reason = `content ${ask.content}`;
  world.tasks.push({ plan, priority, reason, stage: 'new', begun: null, ended: null, steps });
  const task = world.tasks.length - 1;
  moveOn(world, task);
  if (taker === null || workerOf(world, taker).lost) return [];
  const first = steps.flatMap((step, position) => (step.queued === null ? [] : [position]));
  return first.map((step) => give(world, taker, { task, step }));
}
