import { TaskerError } from '../kernel/errors.ts';

const NAMES = [
  'annotation_types',
  'api_keys',
  'dependent_system_object_maps',
  'dependent_systems',
  'named_steps',
  'open_tasks',
  'operator_log',
  'ready_steps',
  'step_attempts',
  'task_annotations',
  'task_definitions',
  'task_identities',
  'tasks',
  'workers',
  'workflow_steps',
] as const;

type TableName = (typeof NAMES)[number];

/** The qualified, quoted names of everything in one schema. Statements are built from it once, at start. */
export interface Tables extends Readonly<Record<TableName, string>> {
  /** The quoted schema name, for types and functions: `${t.schema}.step_status`. */
  readonly schema: string;
  /** The call that reads the one clock. */
  readonly clock: string;
}

/** The names for a schema. @throws INVALID_OPTION when the schema is not a plain lower-case identifier */
export function tables(schema: string): Tables {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_')) {
    throw new TaskerError('INVALID_OPTION', {
      option: 'schema',
      problem: `${JSON.stringify(schema)} is not a plain lower-case name (letters, digits and _; not pg_…)`,
    });
  }
  const quoted = `"${schema}"`;
  const names = Object.fromEntries(NAMES.map((name) => [name, `${quoted}.${name}`]));
  return { ...(names as Record<TableName, string>), schema: quoted, clock: `${quoted}.clock()` }; // sound: built from NAMES
}
