import { expect, test } from 'vitest';
import {
  judgeClock,
  judgeConnections,
  judgeDurability,
  judgeQueues,
  judgeServer,
  judgeTables,
  judgeTransactions,
  judgeWorkers,
} from './doctor-judges.ts';

const server = { version: '15.18', versionNumber: 150_018, readOnly: false, nowMs: 0 };

test('a server older than PostgreSQL 14 is a problem, 14 itself is not', () => {
  expect(judgeServer({ ...server, versionNumber: 130_099 }, 'postgres').level).toBe('problem');
  expect(judgeServer({ ...server, versionNumber: 140_000 }, 'postgres').level).toBe('ok');
});

test('a standby is a problem', () => {
  expect(judgeServer({ ...server, readOnly: true }, 'postgres')).toMatchObject({
    level: 'problem',
    hint: 'Connect to the primary server.',
  });
});

test('clocks may differ by a second and by what the round trip hides', () => {
  expect(judgeClock(1_000, 0).level).toBe('ok');
  expect(judgeClock(-1_400, 1_000).level).toBe('ok');
  expect(judgeClock(1_001, 0).message).toContain('1.0s ahead of');
  expect(judgeClock(-90_000, 1_000)).toMatchObject({
    level: 'warning',
    message: expect.stringContaining('1m 30s behind'),
  });
});

test('only commits that wait for the disk are fine', () => {
  expect(judgeDurability('sync').level).toBe('ok');
  expect(judgeDurability('async').message).toContain('may lose the last moments');
  expect(judgeDurability('process').message).toContain('power failure');
});

test('connections are a warning from 80% and a problem from 95%', () => {
  const levels = [79, 80, 94, 95].map((used) => judgeConnections({ used, limit: 100 }).level);

  expect(levels).toEqual(['ok', 'warning', 'warning', 'problem']);
});

test('a transaction of a minute is a warning and one of ten minutes is a problem, with the way to end it', () => {
  const found = judgeTransactions({
    complete: true,
    long: [
      { pid: null, name: "it's", state: 'prepared', ageMs: 600_000 },
      { pid: 7, name: 'report', state: 'idle in transaction', ageMs: 90_000 },
    ],
  });

  expect(found).toEqual([
    {
      check: 'transactions',
      level: 'problem',
      message:
        "Prepared transaction it's has been open for 10m and keeps dead rows from being removed",
      hint: "Finish it: rollback prepared 'it''s'.",
    },
    {
      check: 'transactions',
      level: 'warning',
      message:
        'Process 7 (report), idle in transaction, has been open for 1m 30s and keeps dead rows from being removed',
      hint: 'End it: select pg_terminate_backend(7).',
    },
  ]);
});

test('a user who cannot see the sessions of others is told so', () => {
  expect(judgeTransactions({ complete: false, long: [] })[0]?.message).toContain('not visible');
  expect(judgeTransactions({ complete: true, long: [] })[0]?.message).not.toContain('not visible');
});

const workers = { alive: 1, silent: 0, lost: 0, abandonedSteps: 0, lostAttempts: 0 };

test('silent and lost workers are a warning', () => {
  const levels = [{}, { silent: 1 }, { lost: 1 }].map(
    (change) => judgeWorkers({ ...workers, ...change })[0]?.level,
  );

  expect(levels).toEqual(['ok', 'warning', 'warning']);
});

test('steps of workers that are gone ask for a worker when none is alive', () => {
  const hint = (alive: number): string | undefined =>
    judgeWorkers({ ...workers, alive, abandonedSteps: 3 })[1]?.hint;

  expect(hint(0)).toBe('Start a worker: it gives them back.');
  expect(hint(1)).toContain('within seconds');
});

test('attempts that were lost are reported after their steps were given back', () => {
  expect(judgeWorkers({ ...workers, lostAttempts: 2 })[1]).toMatchObject({
    check: 'leases',
    level: 'warning',
    message: expect.stringContaining('2 attempts were lost'),
  });
});

test('a queue that waits long is a problem without workers and a warning with them', () => {
  const queue = {
    queue: 'mail',
    due: 4,
    oldestDueMs: 30_000,
    later: 1,
    nextInMs: 5_000,
    workers: 0,
  };

  expect(judgeQueues([queue])[0]).toEqual({
    check: 'queues',
    level: 'problem',
    message:
      'Queue mail: 4 due, the first for 30s; 1 wait for a retry, the next in 5.0s; 0 workers serve it',
    hint: 'Start a worker that serves queue mail.',
  });
  expect(judgeQueues([{ ...queue, workers: 1 }])[0]?.level).toBe('warning');
  expect(judgeQueues([{ ...queue, oldestDueMs: 29_999 }])[0]?.level).toBe('ok');
  expect(judgeQueues([{ ...queue, oldestDueMs: null }])[0]?.level).toBe('ok');
  expect(judgeQueues([])[0]?.message).toBe('Nothing waits');
});

test('a table is bloated when it has many dead rows, and more dead than live ones', () => {
  const table = { table: 'tasks', live: 5, dead: 10_001, bytes: 1_048_576, vacuumedAgoMs: null };
  const judge = (change: object): string[] =>
    judgeTables({ autovacuum: true, tables: [{ ...table, ...change }] }, 'work').map(
      ({ level, message, hint }) => `${level}: ${message}${hint ?? ''}`,
    );

  expect(judge({})).toEqual([
    'warning: Table tasks has 10001 dead rows and 5 live ones (1.0 MiB, never vacuumed)End long transactions first, then: vacuum "work".tasks;',
  ]);
  expect(judge({ dead: 10_000 })[0]).toContain('ok');
  expect(judge({ live: 10_001 })[0]).toContain('ok');
});

test('autovacuum that is off is a problem', () => {
  expect(judgeTables({ autovacuum: false, tables: [] }, 'work')[0]?.level).toBe('problem');
});
