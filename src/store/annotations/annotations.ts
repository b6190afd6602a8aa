import type { Json } from '../../kernel/json.ts';
import type { Connection } from '../../db/db.ts';
import type { TaskAnnotation } from '../../model/task.ts';
import type { Tables } from '../tables.ts';

export interface NewAnnotation {
  readonly taskId: number;
  /** The step that wrote it; -1 for the host or an operator. */
  readonly position: number;
  readonly type: string;
  /** JSON text that has passed the gate. */
  readonly text: string;
}

/** Writes annotations; the same type by the same step replaces, so a repeated attempt annotates once. Types are made as needed. */
export function upsertAnnotations(
  t: Tables,
): (db: Connection, annotations: readonly NewAnnotation[]) => Promise<void> {
  const types = `
insert into ${t.annotation_types} (name) select distinct unnest($1::text[]) order by 1 on conflict (name) do nothing`;
  const text = `
insert into ${t.task_annotations} (task_id, position, annotation_type_id, annotation, created_at)
select (e->>0)::bigint, (e->>1)::int, a.annotation_type_id, e->3, ${t.clock}
  from jsonb_array_elements($1::jsonb) as e join ${t.annotation_types} as a on a.name = e->>2
 order by 1, 2, 3
    on conflict (task_id, position, annotation_type_id) do update set annotation = excluded.annotation, created_at = excluded.created_at`;
  return async (db, annotations) => {
    await db.query({ text: types, values: [annotations.map((a) => a.type)] });
    const parts = annotations.map(
      (a) => `[${a.taskId},${a.position},${JSON.stringify(a.type)},${a.text}]`,
    );
    await db.query({ text, values: [`[${parts.join(',')}]`] });
  };
}

/** The annotations of tasks, each task's oldest first, in one statement. Index: task_annotations_once. */
export function listAnnotations(
  t: Tables,
): (
  db: Connection,
  taskIds: readonly number[],
) => Promise<ReadonlyMap<number, readonly TaskAnnotation[]>> {
  const text = `
select a.task_annotation_id, a.task_id, a.annotation_type_id, y.name as type, n.name as step, a.annotation, a.created_at
  from ${t.task_annotations} as a
  join ${t.annotation_types} as y on y.annotation_type_id = a.annotation_type_id
  join ${t.tasks} as task on task.task_id = a.task_id
  left join ${t.named_steps} as n on n.definition_id = task.definition_id and n.position = a.position
 where a.task_id = any ($1::bigint[])
 order by a.task_annotation_id`;
  return async (db, taskIds) => {
    const { rows } = await db.query({ text, values: [`{${taskIds.join(',')}}`] });
    const byTask = new Map<number, TaskAnnotation[]>();
    for (const row of rows) {
      const annotation: TaskAnnotation = {
        taskAnnotationId: row['task_annotation_id'] as number, // the statement's column types
        taskId: row['task_id'] as number,
        step: row['step'] as string | null,
        annotationTypeId: row['annotation_type_id'] as number,
        type: row['type'] as string,
        annotation: row['annotation'] as Json,
        createdAt: row['created_at'] as Date,
      };
      const list = byTask.get(annotation.taskId);
      if (list) list.push(annotation);
      else byTask.set(annotation.taskId, [annotation]);
    }
    return byTask;
  };
}

/** The types of annotations, by name: there are as many as the code names, so the table is read whole. */
export function listAnnotationTypes(t: Tables): (db: Connection) => Promise<
  readonly {
    readonly annotationTypeId: number;
    readonly name: string;
    readonly description: string;
  }[]
> {
  const text = `select annotation_type_id, name, description from ${t.annotation_types} order by name`;
  return async (db) =>
    (await db.query({ text })).rows.map((row) => ({
      annotationTypeId: row['annotation_type_id'] as number, // the statement's column types
      name: row['name'] as string,
      description: row['description'] as string,
    }));
}
