import { TaskerError } from '../../kernel/errors.ts';
import type { Duration } from '../../kernel/duration.ts';
import type { BulkRequest } from '../../engine/list-types.ts';
import { checkWithinPowers, isWithinPowers } from '../auth/key-powers.ts';
import type { Call, Handlers } from '../route.ts';
import {
  toAnnotationTypeDto,
  toApiKeyDto,
  toDefinitionDto,
  toDefinitionGraphDto,
  toObjectMapDto,
  toSystemDto,
  toWorkerDto,
} from '../wire/catalog.ts';
import { filterOfBody } from '../wire/filter.ts';

type CatalogHandlers = Pick<
  Handlers,
  | 'bulkCancel'
  | 'bulkRetry'
  | 'bulkResolve'
  | 'listDefinitions'
  | 'getDefinition'
  | 'listWorkers'
  | 'listDependentSystems'
  | 'listObjectMaps'
  | 'mapObjects'
  | 'listAnnotationTypes'
  | 'listApiKeys'
  | 'createApiKey'
  | 'rotateApiKey'
  | 'revokeApiKey'
>;

export const catalogHandlers: CatalogHandlers = {
  bulkCancel: (call) => bulk('cancel', call),
  bulkRetry: (call) => bulk('retry', call),
  bulkResolve: (call) => bulk('resolve', call),

  async listDefinitions({ access, parts }) {
    const stored = await parts.tasker.storedDefinitions({ ...access.scope, limit: 1_000 });
    return { status: 200, body: { definitions: stored.map(toDefinitionDto) } };
  },

  async getDefinition({ params, access, parts }) {
    const stored = await parts.tasker.storedDefinition(params.definition_id);
    if (!access.isInScope(stored.namespace)) {
      const name = `#${params.definition_id}`;
      throw new TaskerError('DEFINITION_NOT_FOUND', { name, suggestion: '' });
    }
    return { status: 200, body: { definition: toDefinitionGraphDto(stored) } };
  },

  async listWorkers({ parts }) {
    const workers = await parts.tasker.workers();
    return { status: 200, body: { workers: workers.map(toWorkerDto) } };
  },

  async listDependentSystems({ parts }) {
    const systems = await parts.tasker.dependentSystems();
    return { status: 200, body: { dependent_systems: systems.map(toSystemDto) } };
  },

  async listObjectMaps({ query, parts }) {
    const { system, id, limit, after } = query;
    const maps = await parts.tasker.objectMaps({
      ...(system === undefined ? {} : { system }),
      ...(id === undefined ? {} : { id }),
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { after }),
    });
    return { status: 200, body: { object_maps: maps.map(toObjectMapDto) } };
  },

  async mapObjects({ body, parts }) {
    const { objectMapId, created } = await parts.tasker.mapObjects(body.one, body.two);
    const answer = { object_map_id: objectMapId, created };
    return created ? { status: 201, body: answer } : { status: 200, body: answer };
  },

  async listAnnotationTypes({ parts }) {
    const types = await parts.tasker.annotationTypes();
    return { status: 200, body: { annotation_types: types.map(toAnnotationTypeDto) } };
  },

  async listApiKeys({ access, parts }) {
    const keys = await parts.tasker.apiKeys.list();
    const shown = keys.filter((key) => isWithinPowers(access.principal, key));
    return { status: 200, body: { api_keys: shown.map(toApiKeyDto) } };
  },

  async createApiKey({ body, access, parts }) {
    checkWithinPowers(access.principal, body);
    const { key, ...info } = await parts.tasker.apiKeys.create({
      name: body.name,
      grants: body.grants,
      by: access.principal.id,
      ...(body.namespaces === undefined ? {} : { namespaces: body.namespaces }),
      ...(body.expires_in === undefined ? {} : { expiresIn: body.expires_in as Duration }), // sound: the schema's pattern
    });
    return { status: 201, body: { key, api_key: toApiKeyDto(info) } };
  },

  async rotateApiKey({ params, body, access, parts }) {
    const overlap = body?.overlap as Duration | undefined; // sound: the schema's pattern
    const options = overlap === undefined ? {} : { overlap };
    await checkKey(params.key_id, { access, parts });
    const { key, ...info } = await parts.tasker.apiKeys.rotate(
      params.key_id,
      options,
      access.principal.id,
    );
    return { status: 201, body: { key, api_key: toApiKeyDto(info) } };
  },

  async revokeApiKey({ params, access, parts }) {
    await checkKey(params.key_id, { access, parts });
    const revoked = await parts.tasker.apiKeys.revoke(params.key_id, access.principal.id);
    return { status: 200, body: { api_key: toApiKeyDto(revoked) } };
  },
};

/** A key that can do more than the caller is not theirs to take over or to end. @throws API_KEY_NOT_FOUND, FORBIDDEN */
async function checkKey(
  keyId: string,
  { access, parts }: Pick<Call<'revokeApiKey'>, 'access' | 'parts'>,
): Promise<void> {
  const keys = await parts.tasker.apiKeys.list();
  const key = keys.find((one) => one.keyId === keyId);
  if (key === undefined) throw new TaskerError('API_KEY_NOT_FOUND', { keyId });
  checkWithinPowers(access.principal, key);
}

async function bulk(
  action: BulkRequest['action'],
  { body, access, parts }: Call<'bulkCancel'> | Call<'bulkRetry'> | Call<'bulkResolve'>,
) {
  const answer = await parts.tasker.actOnTasks({
    action,
    filter: await access.filter(filterOfBody(body.filter)),
    by: access.actor(body.reason),
    limit: body.limit,
    preview: body.preview ?? false,
  });
  return {
    status: 200 as const, // sound: the literal that the declaration names
    body: {
      matched: { ...answer.matched },
      acted: answer.acted,
      refused: answer.refused.map(({ taskId, code, message }) => ({
        task_id: taskId,
        code,
        message,
      })),
      remaining: { ...answer.remaining },
    },
  };
}
