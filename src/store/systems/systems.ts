import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

export interface SystemObject {
  readonly system: string;
  readonly id: string;
}

/** All dependent systems, by name: there are as many as definitions and pairs name, so the table is read whole. */
export function listSystems(t: Tables): (db: Connection) => Promise<
  readonly {
    readonly dependentSystemId: number;
    readonly name: string;
    readonly description: string;
  }[]
> {
  const text = `select dependent_system_id, name, description from ${t.dependent_systems} order by name`;
  return async (db) =>
    (await db.query({ text })).rows.map((row) => ({
      dependentSystemId: row['dependent_system_id'] as number, // the statement's column types
      name: row['name'] as string,
      description: row['description'] as string,
    }));
}

/**
 * Finds or creates the pair of two objects. Order does not matter: the lesser half is stored first, so that the unique constraint sees
 * the same row whichever way a pair is written, and concurrent callers get one row. Systems are made as needed.
 */
export function mapObjects(
  t: Tables,
): (
  db: Connection,
  one: SystemObject,
  two: SystemObject,
) => Promise<{ readonly objectMapId: number; readonly created: boolean }> {
  const systems = `insert into ${t.dependent_systems} (name) select distinct unnest($1::text[]) order by 1 on conflict (name) do nothing`;
  const pair = `
select a.dependent_system_id as one_id, $2::text as one_object, b.dependent_system_id as two_id, $4::text as two_object
  from ${t.dependent_systems} as a, ${t.dependent_systems} as b
 where a.name = $1 and b.name = $3`;
  const straight = '(one_id, one_object) <= (two_id, two_object)';
  const halves = `
select case when ${straight} then one_id else two_id end as system_one_id, case when ${straight} then one_object else two_object end as remote_id_one,
       case when ${straight} then two_id else one_id end as system_two_id, case when ${straight} then two_object else one_object end as remote_id_two
  from (${pair}) as p`;
  const insert = `
insert into ${t.dependent_system_object_maps} (system_one_id, remote_id_one, system_two_id, remote_id_two, created_at)
select h.*, ${t.clock} from (${halves}) as h
    on conflict (system_one_id, remote_id_one, system_two_id, remote_id_two) do nothing
returning object_map_id`;
  const find = `
select m.object_map_id from ${t.dependent_system_object_maps} as m join (${halves}) as h
    on (m.system_one_id, m.remote_id_one, m.system_two_id, m.remote_id_two) = (h.system_one_id, h.remote_id_one, h.system_two_id, h.remote_id_two)`;
  return async (db, one, two) => {
    const values = [one.system, one.id, two.system, two.id];
    await db.query({ text: systems, values: [[one.system, two.system]] });
    const inserted = await db.query({ text: insert, values });
    const row = inserted.rows[0] ?? (await db.query({ text: find, values })).rows[0];
    return { objectMapId: row?.['object_map_id'] as number, created: inserted.rows.length === 1 }; // a bigint column, read as number
  };
}

/** The other halves of the pairs that an object belongs to. Indexes: object_maps_once and object_maps_second. */
export function mappedObjects(
  t: Tables,
): (db: Connection, object: SystemObject) => Promise<readonly SystemObject[]> {
  const half = (own: 'one' | 'two', other: 'one' | 'two'): string => `
select s.name as system, m.remote_id_${other} as id
  from ${t.dependent_system_object_maps} as m
  join ${t.dependent_systems} as own on own.dependent_system_id = m.system_${own}_id
  join ${t.dependent_systems} as s on s.dependent_system_id = m.system_${other}_id
 where own.name = $1 and m.remote_id_${own} = $2`;
  const text = `${half('one', 'two')}
union
${half('two', 'one')}
 order by 1, 2`;
  return async (db, { system, id }) => {
    const { rows } = await db.query({ text, values: [system, id] });
    return rows.map((row) => ({ system: row['system'] as string, id: row['id'] as string })); // text columns
  };
}
