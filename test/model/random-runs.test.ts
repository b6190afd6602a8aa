import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  describeOnEachDatabase,
  pgliteDatabase,
  postgresDatabase,
} from '../support/each-database.ts';
import { createTally } from './commands.ts';
import { labOf } from './lab.ts';
import { runModel, type Failed, type RunReport } from './run.ts';
import type { Tally } from './tally.ts';

/**
 * The share of `npm test` unless the environment says otherwise, as `npm run model` makes it say. A failure shows how to repeat it
 * alone: TASKER_MODEL_SEED and TASKER_MODEL_PATH.
 */
const asked = (name: string): string | undefined => process.env[`TASKER_MODEL_${name}`];
const SEED = Number(asked('SEED') ?? Math.floor(Math.random() * 2 ** 31));
const COMMANDS = Number(asked('COMMANDS') ?? 40);
const MINUTES = Number(asked('MINUTES') ?? 30);
const PATH = asked('PATH');
const REPORT = asked('REPORT');
const SHARE = { pglite: 40, postgres: 20 } as const;

/** From so many runs on they go on in two lanes at once, each on a database of its own. */
const TWO_LANES_FROM = 200;

describeOnEachDatabase('the model', (database) => {
  const { kind } = database;
  const runs = Number(asked(`RUNS_${kind.toUpperCase()}`) ?? SHARE[kind]);
  const labs = [labOf(database)];
  if (runs >= TWO_LANES_FROM && PATH === undefined)
    labs.push(labOf(kind === 'pglite' ? pgliteDatabase() : postgresDatabase()));

  test(
    `and the engine agree after every command, TASKER_MODEL_SEED=${SEED}`,
    { timeout: (MINUTES + 10) * 60_000 },
    async () => {
      const tally = createTally();
      const from = performance.now();
      const reports = await Promise.all(
        labs.map((lab, lane) =>
          runModel(lab(), {
            runs: Math.ceil(runs / labs.length),
            commands: COMMANDS,
            seed: PATH === undefined ? seedOf(kind, lane) : SEED,
            minutes: MINUTES,
            tally,
            ...(PATH !== undefined && { path: PATH }),
          }),
        ),
      );
      if (REPORT !== undefined) {
        const seconds = Math.round((performance.now() - from) / 1_000);
        const shown = { ...figures(reports, tally), seconds };
        writeFileSync(`${REPORT}.${kind}`, JSON.stringify(shown));
      }
      for (const { failed } of reports) if (failed !== null) throw failure(kind, failed);
      // A command that never has one of its outcomes proves nothing about it.
      if (tally.isLarge) expect(tally.missing).toEqual([]);
      expect(reports.every((report) => report.runs > 0)).toBe(true);
    },
  );
});

/** Every lane sees other runs. */
function seedOf(kind: 'pglite' | 'postgres', lane: number): number {
  return SEED + lane * 2 + (kind === 'pglite' ? 0 : 1);
}

function failure(database: string, { seed, path, plans, commands, error }: Failed): Error {
  const story = [...plans.map((plan) => JSON.stringify(plan)), ...commands].join('\n');
  const again = `TASKER_MODEL_SEED=${seed} TASKER_MODEL_PATH='${path}' npm run model -- --database ${database} --commands ${COMMANDS}`;
  return new Error(`the engine does not do what the model says.\n${story}\nAgain: ${again}\n`, {
    cause: error,
  });
}

function figures(reports: readonly RunReport[], tally: Tally) {
  const sum = (of: (report: RunReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    runs: sum(({ runs }) => runs),
    commands: tally.commands,
    refusals: tally.refused,
    laws_checked: sum(({ lawsChecked }) => lawsChecked),
    tasks_brought_to_their_end: sum(({ tasksEnded }) => tasksEnded),
    failed: sum(({ failed }) => (failed === null ? 0 : 1)),
    never_happened: tally.isLarge ? tally.missing : [],
    kinds: tally.kinds,
  };
}
