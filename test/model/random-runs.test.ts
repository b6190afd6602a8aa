import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { labOf } from './lab.ts';
import { runModel, type RunReport } from './run.ts';

/**
 * The share of `npm test` unless the environment says otherwise, as `npm run model` makes it say. A failure shows how to repeat it
 * alone: TASKER_MODEL_SEED and TASKER_MODEL_PATH.
 */
const asked = (name: string): string | undefined => process.env[`TASKER_MODEL_${name}`];
const SEED = Number(asked('SEED') ?? Math.floor(Math.random() * 2 ** 31));
const COMMANDS = Number(asked('COMMANDS') ?? 40);
const MINUTES = Number(asked('MINUTES') ?? 120);
const PATH = asked('PATH');
const REPORT = asked('REPORT');

describeOnEachDatabase('the model', (database) => {
  const lab = labOf(database);
  const runs = Number(asked(`RUNS_${database.kind.toUpperCase()}`) ?? SHARE[database.kind]);

  test(
    `and the engine agree after every command, TASKER_MODEL_SEED=${SEED}`,
    { timeout: (MINUTES + 10) * 60_000 },
    async () => {
      const from = performance.now();
      const report = await runModel(lab(), {
        runs,
        commands: COMMANDS,
        seed: PATH === undefined ? SEED + OFFSET[database.kind] : SEED,
        minutes: MINUTES,
        ...(PATH !== undefined && { path: PATH }),
      });
      if (REPORT !== undefined) {
        const seconds = (performance.now() - from) / 1_000;
        writeFileSync(`${REPORT}.${database.kind}`, JSON.stringify(figures(report, seconds)));
      }
      if (report.failed !== null) throw failure(database.kind, report.failed);
      // A command that never has one of its effects proves nothing about it.
      if (report.tally.commands > 20_000) expect(report.tally.missing).toEqual([]);
      expect(report.runs).toBeGreaterThan(0);
    },
  );
});

/** The databases see different runs. */
const OFFSET = { pglite: 0, postgres: 1 } as const;
const SHARE = { pglite: 60, postgres: 30 } as const;

function failure(database: string, failed: NonNullable<RunReport['failed']>): Error {
  const { seed, path, plans, commands, error } = failed;
  const story = [...plans.map((plan) => JSON.stringify(plan)), ...commands].join('\n');
  const again = `TASKER_MODEL_SEED=${seed} TASKER_MODEL_PATH='${path}' npm run model -- --database ${database} --commands ${COMMANDS}`;
  return new Error(`the engine does not do what the model says.\n${story}\nAgain: ${again}\n`, {
    cause: error,
  });
}

function figures({ runs, tally, lawsChecked, tasksEnded, failed }: RunReport, seconds: number) {
  return {
    runs,
    commands: tally.commands,
    refusals: tally.refused,
    laws_checked: lawsChecked,
    tasks_brought_to_their_end: tasksEnded,
    failed: failed === null ? 0 : 1,
    never_happened: tally.missing,
    kinds: tally.kinds,
    seconds: Math.round(seconds),
  };
}
