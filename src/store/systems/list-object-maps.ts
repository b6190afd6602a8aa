import type { Connection } from '../../db/db.ts';
import type { Tables } from '../tables.ts';

/** A pair of objects with the names of their systems. */
export interface ObjectMapRow {
  readonly objectMapId: number;
  readonly systemOne: string;
  readonly idOne: string;
  readonly systemTwo: string;
  readonly idTwo: string;
  readonly createdAt: Date;
}

/**
 * Pairs in order of their ids, after one: all of them, or those with a system (and an object of it) on either side. Indexes: the primary
 * key for all; object_maps_once and object_maps_second for one side each, of which no more than `limit` are taken.
 */
export function listObjectMaps(t: Tables): (
  db: Connection,
  asked: {
    readonly system: string | null;
    readonly id: string | null;
    readonly after: number;
    readonly limit: number;
  },
) => Promise<readonly ObjectMapRow[]> {
  const columns =
    'm.object_map_id, m.system_one_id, m.remote_id_one, m.system_two_id, m.remote_id_two, m.created_at';
  const named = (from: string): string => `
select m.object_map_id, one.name as system_one, m.remote_id_one, two.name as system_two, m.remote_id_two, m.created_at
  from (${from}) as m
  join ${t.dependent_systems} as one on one.dependent_system_id = m.system_one_id
  join ${t.dependent_systems} as two on two.dependent_system_id = m.system_two_id
 order by m.object_map_id`;
  const every = named(
    `select ${columns} from ${t.dependent_system_object_maps} as m where m.object_map_id > $1 order by m.object_map_id limit $2`,
  );
  const side = (which: 'one' | 'two', byId: boolean): string => `
(select ${columns} from ${t.dependent_system_object_maps} as m
  where m.system_${which}_id = (select dependent_system_id from ${t.dependent_systems} where name = $3)${byId ? ` and m.remote_id_${which} = $4` : ''}
    and m.object_map_id > $1 order by m.object_map_id limit $2)`;
  const either = (byId: boolean): string =>
    named(
      `select * from (${side('one', byId)} union ${side('two', byId)}) as both_sides order by object_map_id limit $2`,
    );
  const texts = { every, system: either(false), object: either(true) };
  return async (db, { system, id, after, limit }) => {
    const kind = system === null ? 'every' : id === null ? 'system' : 'object';
    const values = { every: [], system: [system], object: [system, id] }[kind];
    const { rows } = await db.query({ text: texts[kind], values: [after, limit, ...values] });
    return rows.map((row) => ({
      objectMapId: row['object_map_id'] as number, // the statement's column types
      systemOne: row['system_one'] as string,
      idOne: row['remote_id_one'] as string,
      systemTwo: row['system_two'] as string,
      idTwo: row['remote_id_two'] as string,
      createdAt: row['created_at'] as Date,
    }));
  };
}
