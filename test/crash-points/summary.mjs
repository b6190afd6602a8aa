// What the trials amount to.
import { awaitOf, isOnPostgresOnly, unexercised } from './plan.mjs';
import { NEVER } from './verbs.mjs';

/** What only a heavy scenario passes, which the share of `npm test` leaves out. */
const HEAVY = ['prepare/load-tasks'];

/** @param results for each database { database, trials, killed, failed, ms } */
export function summarise({ map, recorded, results, isShare, isOnPostgres }) {
  const passed = recorded.flatMap(({ scenario, trail }) =>
    trail.filter((point) => scenario.verbs.includes(point.split('/')[0])),
  );
  const required = map.required.filter(
    (name) => !(isShare && HEAVY.includes(name)) && (isOnPostgres || !isOnPostgresOnly(name)),
  );
  const rows = rowsOf(results);
  const problems = [
    ...map.problems,
    ...recorded.flatMap(problemsWithoutCrash),
    ...unexercised(required, passed).map((point) => `no scenario passes ${point}`),
    ...passed.filter((point) => NEVER.has(awaitOf(point))).map((point) => `${point} was ruled out`),
    ...rows.flatMap((row) => problemsOf(row, isShare)),
  ];
  const figures = {
    awaits: new Set(passed.map(awaitOf)).size,
    points: rows.length,
    databases: results.map(({ database, trials, killed, failed, ms }) => ({
      database: database.name,
      kills: trials.filter(({ id }) => killed.get(id)?.hit).length,
      faults: trials.filter(({ id }) => failed.get(id)?.hit).length,
      seconds: Math.round(ms / 1_000),
    })),
    problems: problems.length,
  };
  return { rows, problems, figures, isGood: problems.length === 0 };
}

function problemsWithoutCrash({ scenario, trail, problems }) {
  const nameless = trail.filter((point) => point.includes('?'));
  return [
    ...problems.map((problem) => `without a crash, ${scenario.name}: ${problem}`),
    ...nameless.map((point) => `${scenario.name} passed ${point}, which has no name`),
  ];
}

/** One row for each point, with what happened there on each database. */
function rowsOf(results) {
  const rows = new Map();
  for (const { database, trials, killed, failed } of results) {
    for (const { id, shown, scenario } of trials) {
      const row = rows.get(shown) ?? { point: shown, scenario, on: {} };
      const [kill, error] = [killed.get(id), failed.get(id)];
      row.on[database.name] = {
        isKilled: kill?.hit === true,
        isFailed: error?.hit === true,
        missed: kill?.problem,
        problems: [
          ...(kill?.problems ?? []).map((problem) => `after a kill: ${problem}`),
          ...(error?.problems ?? []).map((problem) => `after an error: ${problem}`),
        ],
      };
      rows.set(shown, row);
    }
  }
  return [...rows.values()];
}

function problemsOf({ point, scenario, on }, isShare) {
  return Object.entries(on).flatMap(([database, { isKilled, isFailed, missed, problems }]) => [
    ...(isKilled ? [] : [`${database}, not killed at ${point} (${scenario}): ${missed}`]),
    ...(isFailed || isShare ? [] : [`${database}, no error at ${point} (${scenario})`]),
    ...problems.map((problem) => `${database}, ${point} (${scenario}), ${problem}`),
  ]);
}
