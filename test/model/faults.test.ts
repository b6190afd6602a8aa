/** The model against engines with a planted fault: each is found within a few runs, or the model proves nothing. */
import { describe, expect, test } from 'vitest';
import type { Connection, Db } from '../../src/db/db.ts';
import { pgliteDatabase } from '../support/each-database.ts';
import { labOf } from './lab.ts';
import { runModel } from './run.ts';

/** A statement of the engine with one part put differently. */
interface Fault {
  readonly name: string;
  /** Only statements whose text has this, too. @default any */
  readonly where?: string;
  readonly from: string;
  readonly to: string;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a result counts whatever run it comes from',
    where: "set status = 'complete'",
    from: 'and s.attempts = f.attempts and',
    to: 'and',
  },
  {
    name: 'a worker that was called lost claims on',
    where: 'skip locked',
    from: 'where worker_id = $2 and lost_at is null',
    to: 'where worker_id = $2',
  },
  {
    name: 'a claim does not count the run',
    from: "set status = 'in_progress', worker_id = $2, attempts = s.attempts + 1",
    to: "set status = 'in_progress', worker_id = $2, attempts = s.attempts",
  },
  {
    name: 'a child that two parents let go at once is let go by one',
    from: 'count(*)::int as parents',
    to: '1 as parents',
  },
  {
    name: 'a retry is due at once',
    from: 'retry_at, retry_ms <= 0 from closed',
    to: 'retry_at, true from closed',
  },
  {
    name: 'a failure forgets the limit that an operator set',
    from: 'coalesce(s.retry_limit, f.step_limit)',
    to: 'f.step_limit',
  },
  {
    name: 'nobody who finishes later learns of a step that has given up',
    from: 'where s.task_id = x.task_id and not s.settles',
    to: 'where false and s.task_id = x.task_id',
  },
  {
    name: 'what waits for a step that was resolved by hand waits on',
    from: 'set waiting_on = s.waiting_on - 1',
    to: 'set waiting_on = s.waiting_on',
  },
  {
    name: 'a step that was resolved by hand still counts as open',
    from: 'set leaves_left = leaves_left - 1',
    to: 'set leaves_left = leaves_left',
  },
  {
    name: 'a request is the same although its time is over',
    where: 'task_identities',
    from: '>= excluded.expires_at - excluded.requested_at',
    to: '> 1000000 * (excluded.expires_at - excluded.requested_at)',
  },
  {
    name: 'a lease never lapses',
    from: 'lease_expires_at < ',
    to: "lease_expires_at + interval '1 hour' < ",
  },
];

const SEED = 20_261_124;
/** Others may need the machine, too. */
const TIME = { timeout: 300_000 };

describe('the model [pglite]', () => {
  const lab = labOf(pgliteDatabase());

  test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    'finds it when %s',
    TIME,
    async (_, fault) => {
      let planted = 0;
      const { failed, runs } = await runModel(lab(), {
        runs: 200,
        commands: 40,
        seed: SEED,
        endOnFailure: true,
        between: (db) => withFault(db, fault, () => (planted += 1)),
      });
      expect(planted, 'the text of the fault must be in a statement of the engine').toBeGreaterThan(
        0,
      );
      expect(failed, `not found in ${runs} runs`).not.toBeNull();
    },
  );

  test(
    'repeats a run that failed from its seed and path alone, and shortens it',
    TIME,
    async () => {
      const fault = {
        name: 'no cancelling',
        from: "set status = 'cancelled'",
        to: 'set error = null',
      };
      const between = (db: Db): Db => withFault(db, fault, () => undefined);
      const options = { runs: 200, commands: 40, seed: SEED, between };
      const { failed } = await runModel(lab(), options);
      const again = await runModel(lab(), {
        ...options,
        path: failed?.path ?? '',
        endOnFailure: true,
      });
      expect(failed?.commands).toHaveLength(1);
      expect(again.failed).toMatchObject({ commands: failed?.commands, plans: failed?.plans });
    },
  );
});

function withFault(db: Db, fault: Fault, onPlanted: () => void): Db {
  const on = (connection: Connection): Connection => ({
    query(statement) {
      const isMeant = fault.where === undefined || statement.text.includes(fault.where);
      if (!isMeant || !statement.text.includes(fault.from)) return connection.query(statement);
      onPlanted();
      const { name: _, ...unnamed } = statement; // a prepared statement of that name is the sound one
      const text = statement.text.replaceAll(fault.from, fault.to);
      return connection.query({ ...unnamed, text });
    },
  });
  return {
    kind: db.kind,
    threadConnection: db.threadConnection,
    durability: () => db.durability(),
    query: (statement) => on(db).query(statement),
    transaction: (work) =>
      db.transaction((tx) => work({ ...on(tx), script: (text) => tx.script(text) })),
    script: (text) => db.script(text),
    listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
    close: () => db.close(),
  };
}
