import { isTaskerError } from '../kernel/errors.ts';
import { redactText } from '../kernel/redact.ts';
import { shared, within } from './within.ts';

/** One thing that was looked at. */
export interface HealthCheck {
  readonly name: 'database' | 'schema' | 'worker' | 'stopping';
  readonly ok: boolean;
  /** One sentence for people; it never holds an address with a password. */
  readonly detail: string;
}

/** What an orchestrator wants to know of this process. */
export interface Health {
  /** False when only a restart helps: the database answers, but the worker has had no valid lease for three leases. */
  readonly live: boolean;
  /** True when this process can take work and answer requests now: every check is ok. */
  readonly ready: boolean;
  readonly checks: readonly HealthCheck[];
}

/** The engine as the probes see it, from start to stop. */
export interface HealthSource {
  readonly isStopping: () => boolean;
  /** Resolves when the schema is as this version needs it. */
  readonly checkSchema: () => Promise<void>;
  /** What the database says of this process's worker; null where no worker runs. */
  readonly worker: {
    readonly leaseMs: number;
    readonly readLease: () => Promise<'held' | 'lapsed' | 'lost'>;
  } | null;
}

/** A probe is answered within this time, whatever the database does. */
export const PROBE_MS = 2_000;
/** An answer of the database serves every probe of so many milliseconds. */
const FRESH_MS = 500;

const LEASES = {
  held: 'its lease is valid',
  lapsed: 'its lease has lapsed: others may take its steps',
  lost: 'it was declared lost: it takes a new registration',
} as const;

/** The answer before start and after stop. */
export const NOT_STARTED: Health = {
  live: true,
  ready: false,
  checks: (['database', 'schema', 'worker', 'stopping'] as const).map((name) => ({
    name,
    ok: name === 'stopping',
    detail: 'Tasker is not started',
  })),
};

/** Makes the probe of one started engine. It never rejects, and answers within 2 s. */
export function createProbe(source: HealthSource): () => Promise<Health> {
  const ask = shared(FRESH_MS, () => look(source));
  let unleasedSinceMs: number | null = null;
  return async () => {
    const seen = await within(PROBE_MS, ask(), SILENT);
    if (seen.lease === 'held' || seen.lease === null) unleasedSinceMs = null;
    else unleasedSinceMs ??= performance.now();
    const patienceMs = 3 * (source.worker?.leaseMs ?? 0);
    const stopping = source.isStopping();
    const checks: readonly HealthCheck[] = [
      seen.database,
      seen.schema,
      workerCheck(source, seen),
      {
        name: 'stopping',
        ok: !stopping,
        detail: stopping ? 'it drains: it takes no new work' : 'it is not stopping',
      },
    ];
    return {
      live: unleasedSinceMs === null || performance.now() - unleasedSinceMs <= patienceMs,
      ready: checks.every(({ ok }) => ok),
      checks,
    };
  };
}

interface Seen {
  readonly database: HealthCheck;
  readonly schema: HealthCheck;
  /** Null when there is no worker, or the database did not say. */
  readonly lease: 'held' | 'lapsed' | 'lost' | null;
}

const SILENT: Seen = unreachable(`it did not answer within ${PROBE_MS} ms`);

async function look({ checkSchema, worker }: HealthSource): Promise<Seen> {
  const database: HealthCheck = { name: 'database', ok: true, detail: 'it answers' };
  try {
    await checkSchema();
  } catch (error) {
    if (!isTaskerError(error, 'SCHEMA_NOT_MIGRATED') && !isTaskerError(error, 'MIGRATION_CHANGED'))
      return unreachable(textOf(error));
    return { database, schema: { name: 'schema', ok: false, detail: textOf(error) }, lease: null };
  }
  const schema: HealthCheck = {
    name: 'schema',
    ok: true,
    detail: 'it is as this version needs it',
  };
  try {
    return { database, schema, lease: worker === null ? null : await worker.readLease() };
  } catch (error) {
    return unreachable(textOf(error));
  }
}

function unreachable(detail: string): Seen {
  return {
    database: { name: 'database', ok: false, detail },
    schema: { name: 'schema', ok: false, detail: 'unknown: the database does not answer' },
    lease: null,
  };
}

function workerCheck({ worker }: HealthSource, { lease }: Seen): HealthCheck {
  if (worker === null)
    return { name: 'worker', ok: true, detail: 'no worker runs in this process' };
  if (lease === null)
    return { name: 'worker', ok: false, detail: 'unknown: the database does not say' };
  return { name: 'worker', ok: lease === 'held', detail: LEASES[lease] };
}

function textOf(error: unknown): string {
  return redactText(error instanceof Error ? error.message : String(error));
}
