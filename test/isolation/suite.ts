import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresDatabase } from '../support/each-database.ts';
import { explore, type Explored } from './explore.ts';
import { FAULTS, plant } from './faults.ts';
import { lockEdges, ringOf, showEdge, stepsOutOfOrder } from './lock-order.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { openStage, type Stage } from './stage.ts';

/** Longest time for one test: a safety net for machines that do much else. */
const PATIENCE_MS = 600_000;

/**
 * Declares the tests of these scenarios, inside `describeOnPostgres`: each in every order of its steps, then the order of the locks
 * that were seen, then the table of what was played.
 *
 * @param atLeast how many interleavings there must have been in all
 */
export function playScenarios(scenarios: readonly Scenario[], atLeast: number): void {
  const lend = suiteStages(LANES);
  const done: Explored[] = [];

  for (const scenario of scenarios) {
    const title = `${scenario.name}: ${scenario.promise}`;
    test.concurrent(title, { timeout: PATIENCE_MS }, async () => {
      const found = await lend((stage) => explore(stage, scenario));
      done.push(found);
      const { account, problems, outcomes } = found;
      expect(problems.join('\n')).toBe('');
      expect([...outcomes.keys()].toSorted()).toEqual(scenario.outcomes.toSorted());
      expect(account.missing).toBe(0);
      expect(account.playedOrders + account.impossible + account.undone).toBe(account.orders);
      expect(found.deadlocks > 0).toBe(scenario.retried === true);
    });
  }

  test('sessions never wait in a ring: locks are taken in one order', () => {
    const waits = done
      .filter(({ scenario }) => scenario.retried !== true)
      .flatMap(({ scenario, waits: seen }) =>
        seen.map((wait) => ({ ...wait, scenario: scenario.name })),
      );
    const edges = lockEdges(waits);
    console.log(['held → waited for', ...edges.map(showEdge)].join('\n  '));
    expect(edges.length).toBeGreaterThan(0); // without waits nothing was proven
    expect(ringOf(edges)?.map(showEdge) ?? null).toBeNull();
    expect(stepsOutOfOrder(waits)).toEqual([]);
  });

  test(`at least ${atLeast} interleavings were played, and none was left out`, () => {
    console.log(table(done));
    expect(done).toHaveLength(scenarios.length);
    expect(done.reduce((sum, { played }) => sum + played, 0)).toBeGreaterThanOrEqual(atLeast);
  });
}

/** Declares a test for every planted fault: the scenario that is named for it must find it. */
export function findFaults(): void {
  const lend = suiteStages(1);

  for (const fault of FAULTS) {
    test(`${fault.foundBy} finds that ${fault.name}`, { timeout: PATIENCE_MS }, async () => {
      const scenario = SCENARIOS.find(({ name }) => name === fault.foundBy);
      if (!scenario) throw new Error(`There is no scenario ${fault.foundBy}`);
      const { rewrite, made } = plant(fault);
      const { problems } = await lend((stage) => explore(stage, scenario, { fault: rewrite }));
      expect(made.filter((times) => times === 0)).toEqual([]); // else the statements read otherwise now: plant it anew
      expect(problems).not.toEqual([]);
    });
  }
}

/** Scenarios that are played side by side: one waits for the database while the other thinks. */
const LANES = 2;

/** Stages for the suite that calls it, each lent to one scenario at a time. */
function suiteStages(count: number): <T>(work: (stage: Stage) => Promise<T>) => Promise<T> {
  const database = postgresDatabase();
  const stages: Stage[] = [];
  const free: Stage[] = [];
  const waiting: ((stage: Stage) => void)[] = [];
  beforeAll(async () => {
    for (let lane = 1; lane <= count; lane += 1)
      stages.push(await openStage(database.url() ?? '', `${database.schema}_${lane}`));
    free.push(...stages);
  });
  afterAll(async () => {
    await Promise.all(stages.map((stage) => stage.close()));
  });
  return async (work) => {
    const stage = free.pop() ?? (await new Promise<Stage>((resolve) => waiting.push(resolve)));
    try {
      return await work(stage);
    } finally {
      const next = waiting.shift();
      if (next) next(stage);
      else free.push(stage);
    }
  };
}

/** `scenario: interleavings; steps: orders = played + impossible`. */
function table(done: readonly Explored[]): string {
  const lines = done.map(({ scenario, played, account, deadlocks }) => {
    const steps = account.steps.filter((count) => count > 0).join(' + ');
    const { orders, playedOrders, impossible, undone } = account;
    const behind = undone === 0 ? '' : ` + ${undone} behind ${deadlocks} deadlocks`;
    return `  ${scenario.name}: ${played} interleavings; steps ${steps}: ${orders} orders = ${playedOrders} played + ${impossible} impossible${behind}`;
  });
  const total = done.reduce((sum, { played }) => sum + played, 0);
  return [`${total} interleavings of ${done.length} scenarios`, ...lines].join('\n');
}
