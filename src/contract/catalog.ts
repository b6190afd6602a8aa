import { z } from 'zod';
import { annotationTypeDto } from './dto/annotation.ts';
import { coverage, statusCountsDto, stepTimesDto } from './dto/analytics.ts';
import { definitionDto, definitionGraphDto } from './dto/definition.ts';
import { dependentSystemDto, objectMapDto, systemObject, workerDto } from './dto/system.ts';
import { endpoint } from './endpoint.ts';
import { durationText, label, nothing, text, wholeText } from './scalars.ts';

export const listDefinitions = endpoint({
  method: 'GET',
  path: '/definitions',
  chapter: 'definitions',
  summary: 'The stored definitions, every version of each',
  permission: 'definitions:read',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: z.object({ definitions: z.array(definitionDto) }) },
  errors: [],
});

export const getDefinition = endpoint({
  method: 'GET',
  path: '/definitions/:definition_id',
  chapter: 'definitions',
  summary: 'One definition, with its graph',
  permission: 'definitions:read',
  params: z.object({ definition_id: wholeText(1, 2 ** 31 - 1, 'an id') }),
  query: nothing,
  body: null,
  answers: { 200: z.object({ definition: definitionGraphDto }) },
  errors: ['DEFINITION_NOT_FOUND'],
});

export const listWorkers = endpoint({
  method: 'GET',
  path: '/workers',
  chapter: 'workers',
  summary: 'The workers of the last day, newest first',
  permission: 'workers:read',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: z.object({ workers: z.array(workerDto) }) },
  errors: [],
});

export const listDependentSystems = endpoint({
  method: 'GET',
  path: '/dependent_systems',
  chapter: 'systems',
  summary: 'The systems that steps depend on',
  permission: 'systems:read',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: z.object({ dependent_systems: z.array(dependentSystemDto) }) },
  errors: [],
});

export const listObjectMaps = endpoint({
  method: 'GET',
  path: '/object_maps',
  chapter: 'systems',
  summary: 'Object maps, oldest first, of one object or system if so asked',
  permission: 'systems:read',
  params: nothing,
  query: z.strictObject({
    system: label.optional(),
    id: text.optional().meta({ description: 'Needs system' }),
    limit: wholeText(1, 200).optional().meta({ description: 'Rows of a page; 20 by default' }),
    after: wholeText(1, Number.MAX_SAFE_INTEGER, 'an id')
      .optional()
      .meta({ description: 'The object_map_id that the page before ended with' }),
  }),
  body: null,
  answers: { 200: z.object({ object_maps: z.array(objectMapDto) }) },
  errors: [],
});

export const mapObjects = endpoint({
  method: 'POST',
  path: '/object_maps',
  chapter: 'systems',
  summary: 'Record that two objects stand for the same thing; the order of the two does not matter',
  permission: 'systems:map',
  params: nothing,
  query: nothing,
  body: z.strictObject({ one: systemObject, two: systemObject }),
  answers: {
    200: z.object({ object_map_id: z.int(), created: z.boolean() }),
    201: z.object({ object_map_id: z.int(), created: z.boolean() }),
  },
  errors: ['UNSTORABLE_VALUE'],
});

export const listAnnotationTypes = endpoint({
  method: 'GET',
  path: '/annotation_types',
  chapter: 'annotations',
  summary: 'The types of annotations, by name',
  permission: 'tasks:list',
  params: nothing,
  query: nothing,
  body: null,
  answers: { 200: z.object({ annotation_types: z.array(annotationTypeDto) }) },
  errors: [],
});

export const slowestSteps = endpoint({
  method: 'GET',
  path: '/analytics/steps',
  chapter: 'analytics',
  summary: 'The steps that took longest',
  permission: 'system:read',
  params: nothing,
  query: z.strictObject({
    since: durationText.optional().meta({ description: 'How far to look back; 24h by default' }),
    name: text.optional(),
    namespace: text.optional(),
    limit: wholeText(1, 100).optional(),
  }),
  body: null,
  answers: { 200: z.object({ steps: z.array(stepTimesDto), ...coverage }) },
  errors: [],
});

export const statusCounts = endpoint({
  method: 'GET',
  path: '/analytics/statuses',
  chapter: 'analytics',
  summary: 'How many tasks have which status, over time',
  permission: 'system:read',
  params: nothing,
  query: z.strictObject({
    since: durationText.optional().meta({ description: 'How far to look back; 24h by default' }),
    bucket: z.enum(['minute', 'hour', 'day']).optional().meta({ description: 'hour by default' }),
    name: text.optional(),
  }),
  body: null,
  answers: { 200: z.object({ spans: z.array(statusCountsDto), ...coverage }) },
  errors: [],
});
