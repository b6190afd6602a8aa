import type { Clock } from '../kernel/clock.ts';
import { isTaskerError } from '../kernel/errors.ts';
import type { Db } from '../db/db.ts';
import { type Migration, pendingMigrations } from '../db/migrate.ts';
import { readConnections } from '../store/audit/health/read-connections.ts';
import { readQueues } from '../store/audit/health/read-queues.ts';
import { readServer } from '../store/audit/health/read-server.ts';
import { readTables } from '../store/audit/health/read-tables.ts';
import { readTransactions } from '../store/audit/health/read-transactions.ts';
import { readWorkers } from '../store/audit/health/read-workers.ts';
import { MIGRATIONS } from '../store/migrations.generated.ts';
import type { Tables } from '../store/tables.ts';
import {
  judgeClock,
  judgeConnections,
  judgeDurability,
  judgeQueues,
  judgeServer,
  judgeTables,
  judgeTransactions,
  judgeWorkers,
  ok,
  problem,
} from './doctor-judges.ts';
import type { DoctorFinding } from './types.ts';

/** What the doctor compares the database with. */
export interface DoctorOptions {
  /** This machine's clock, which is compared with the server's. */
  readonly clock: Clock;
  /** The migrations that the schema should have. @default those of this version */
  readonly migrations?: readonly Migration[];
}

type Findings = readonly DoctorFinding[];

interface Patient {
  readonly db: Db;
  readonly t: Tables;
  readonly schema: string;
}

/** One check; its name is that of its findings, unless they are about something narrower. */
interface Check {
  readonly name: string;
  /** Only a server has it: the embedded database has one session, and nobody else. */
  readonly serverOnly: boolean;
  readonly examine: (patient: Patient) => Promise<Findings>;
}

/** Checks that read the schema's own tables: left out while the schema is not migrated. */
const SCHEMA_CHECKS: readonly Check[] = [
  {
    name: 'workers',
    serverOnly: false,
    examine: async ({ db, t }) => judgeWorkers(await readWorkers(db, t)),
  },
  {
    name: 'queues',
    serverOnly: false,
    examine: async ({ db, t }) => judgeQueues(await readQueues(db, t)),
  },
  {
    name: 'tables',
    serverOnly: true,
    examine: async ({ db, schema }) => judgeTables(await readTables(db, schema), schema),
  },
];

/** Checks that need no schema. */
const SERVER_CHECKS: readonly Check[] = [
  {
    name: 'durability',
    serverOnly: false,
    examine: async ({ db }) => [judgeDurability(await db.durability())],
  },
  {
    name: 'connections',
    serverOnly: true,
    examine: async ({ db }) => [judgeConnections(await readConnections(db))],
  },
  {
    name: 'transactions',
    serverOnly: true,
    examine: async ({ db }) => judgeTransactions(await readTransactions(db)),
  },
];

/**
 * Examines the database as the engine sees it: server, durability, clock, connections, long transactions, schema, workers, queues
 * and the state of the hot tables. Reads only. A check that fails is itself a finding, and a database that cannot be reached is the
 * only one.
 */
export async function doctor(db: Db, t: Tables, options: DoctorOptions): Promise<Findings> {
  const patient: Patient = { db, t, schema: t.schema.slice(1, -1) };
  const findings: DoctorFinding[] = [];
  const run = async (check: Check): Promise<void> => {
    if (check.serverOnly && db.kind === 'pglite') return;
    try {
      findings.push(...(await check.examine(patient)));
    } catch (error) {
      findings.push(failedCheck(check.name, error));
    }
  };
  const { clock } = options;
  await run({ name: 'server', serverOnly: false, examine: () => examineServer(db, clock) });
  if (findings.some((f) => f.check === 'server' && f.level === 'problem')) return findings;
  for (const check of SERVER_CHECKS) await run(check);
  const migrations = options.migrations ?? MIGRATIONS;
  await run({ name: 'schema', serverOnly: false, examine: (p) => examineSchema(p, migrations) });
  if (findings.some((f) => f.check === 'schema' && f.level === 'problem')) return findings;
  for (const check of SCHEMA_CHECKS) await run(check);
  return findings;
}

async function examineServer(db: Db, clock: Clock): Promise<Findings> {
  await readServer(db); // the first statement may have to connect, which would count as a difference of the clocks
  const before = clock.now().getTime();
  const facts = await readServer(db);
  const after = clock.now().getTime();
  return [
    judgeServer(facts, db.kind),
    judgeClock(facts.nowMs - (before + after) / 2, after - before),
  ];
}

async function examineSchema(
  { db, schema }: Patient,
  migrations: readonly Migration[],
): Promise<Findings> {
  const missing = await pendingMigrations(db, { schema, migrations });
  if (missing.length === 0)
    return [
      ok('schema', `Schema "${schema}" is up to date (${migrations.at(-1)?.name ?? 'empty'})`),
    ];
  return [
    problem('schema', `Schema "${schema}" lacks ${missing.join(', ')}`, 'Run `tasker migrate`.'),
  ];
}

function failedCheck(check: string, error: unknown): DoctorFinding {
  if (isTaskerError(error)) return problem(check, error.message, error.hint);
  const message = error instanceof Error ? error.message : String(error);
  return problem(
    check,
    `This could not be checked: ${message}`,
    'Check that the user of the connection may read what this check reads.',
  );
}
