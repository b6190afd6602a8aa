import { TaskerError } from '../../kernel/errors.ts';
import type { Json } from '../../kernel/json.ts';
import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

export interface DefinitionRow {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly contentHash: string;
  readonly document: Json;
  readonly steps: readonly {
    readonly position: number;
    readonly name: string;
    readonly description: string;
    readonly dependentSystem: string;
    readonly kind: string;
    readonly queue: string;
    readonly retryable: boolean;
    readonly retryLimit: number;
    readonly skippable: boolean;
    readonly parents: readonly number[];
    readonly children: readonly number[];
  }[];
}

/** The key of a definition's version, and the hash of its content. */
type DefinitionKey = Pick<DefinitionRow, 'namespace' | 'name' | 'version'>;

export interface StoredVersion {
  readonly definitionId: number;
  readonly contentHash: string;
}

/** What is stored under a version, or null. Index: task_definitions_version. */
export function findDefinition(
  t: Tables,
): (db: Connection, key: DefinitionKey) => Promise<StoredVersion | null> {
  const text = `select definition_id, content_hash from ${t.task_definitions} where namespace = $1 and name = $2 and version = $3`;
  return async (db, { namespace, name, version }) => {
    const { rows } = await db.query({ text, values: [namespace, name, version] });
    const row = rows[0];
    if (row === undefined) return null;
    // the statement's column types
    return {
      definitionId: row['definition_id'] as number,
      contentHash: row['content_hash'] as string,
    };
  };
}

/**
 * Stores a definition with its steps, once per version, in one statement; concurrent writers of the same version store it once.
 * Answers its id and the hash that is stored under this version, which may be another's: the caller compares.
 */
export function saveDefinition(
  t: Tables,
): (db: Connection, definition: DefinitionRow) => Promise<StoredVersion> {
  const insert = insertText(t);
  const find = findDefinition(t);
  return async (db, d) => {
    const steps = d.steps.map((s) => [
      s.position,
      s.name,
      s.description,
      s.dependentSystem,
      s.kind,
      s.queue,
      s.retryable,
      s.retryLimit,
      s.skippable,
      s.parents,
      s.children,
    ]);
    const existing = await find(db, d);
    if (existing !== null) return existing;
    await db.query({
      text: insert,
      values: [
        d.namespace,
        d.name,
        d.version,
        d.contentHash,
        JSON.stringify(d.document),
        JSON.stringify(steps),
      ],
    });
    const stored = await find(db, d);
    if (stored === null)
      throw new TaskerError('DATABASE_FAULT', { problem: 'a definition was not stored' });
    return stored;
  };
}

function insertText(t: Tables): string {
  return `
with stored as (
  insert into ${t.task_definitions} (namespace, name, version, content_hash, document)
  values ($1, $2, $3, $4, $5::jsonb)
      on conflict (namespace, name, version) do nothing
  returning definition_id
), steps as (
  insert into ${t.named_steps} (definition_id, position, name, description, dependent_system, kind, queue, retryable, retry_limit,
                                skippable, parents, children)
  select definition_id, (e->>0)::int, e->>1, e->>2, e->>3, e->>4, e->>5, (e->>6)::boolean, (e->>7)::int, (e->>8)::boolean,
         array(select (jsonb_array_elements_text(e->9))::int), array(select (jsonb_array_elements_text(e->10))::int)
    from stored, jsonb_array_elements($6::jsonb) as e
), systems as (
  insert into ${t.dependent_systems} (name)
  select distinct e->>3 from stored, jsonb_array_elements($6::jsonb) as e order by 1
      on conflict (name) do nothing
)
select definition_id from stored`;
}

/** The stored document of a definition, or null. */
export function loadDefinition(t: Tables): (db: Connection, definitionId: number) => Promise<Json> {
  const text = `select document from ${t.task_definitions} where definition_id = $1`;
  return async (db, definitionId) => {
    const { rows } = await db.query({ text, values: [definitionId] });
    return (rows[0]?.['document'] as Json | undefined) ?? null; // a jsonb column
  };
}
