import { type Law } from './law.ts';

/** A pair of mapped objects is stored once, the lesser half first. */
export const orderedObjectMaps: Law = {
  id: 'ordered-object-maps',
  title: 'A pair of mapped objects is stored once, the lesser half first',
  explain: 'A mapping stored the wrong way round, or twice, is found from one side only.',
  sql: (t) => `
    select m.object_map_id, m.system_one_id, m.remote_id_one, m.system_two_id, m.remote_id_two
      from ${t.dependent_system_object_maps} as m
     where (m.system_one_id, m.remote_id_one) >= (m.system_two_id, m.remote_id_two)
        or exists (select
                     from ${t.dependent_system_object_maps} as twin
                    where twin.object_map_id <> m.object_map_id
                      and (twin.system_one_id, twin.remote_id_one, twin.system_two_id, twin.remote_id_two)
                          in ((m.system_one_id, m.remote_id_one, m.system_two_id, m.remote_id_two),
                              (m.system_two_id, m.remote_id_two, m.system_one_id, m.remote_id_one)))`,
};
