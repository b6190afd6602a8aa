import { z } from 'zod';
import { id, json, moment } from '../scalars.ts';

/** A note on a task. */
export const annotationDto = z
  .object({
    task_annotation_id: id,
    task_id: id,
    step: z.string().nullable().meta({ description: 'The step that wrote it; null otherwise' }),
    annotation_type_id: id,
    annotation_type_name: z.string(),
    annotation: json,
    created_at: moment,
  })
  .meta({ id: 'TaskAnnotation' });

export type AnnotationDto = z.output<typeof annotationDto>;

export const annotationTypeDto = z
  .object({ annotation_type_id: id, name: z.string(), description: z.string() })
  .meta({ id: 'AnnotationType' });
