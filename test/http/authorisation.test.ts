import {
  GraphQLNonNull,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isListType,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi, type TaskerApi } from '../../src/api/app.ts';
import { GRAPHQL_SCHEMA, graphqlFieldPermissions } from '../../src/api/graphql/schema.ts';
import { ENDPOINTS, type EndpointName } from '../../src/contract/index.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { ALL_PERMISSIONS, permissionsOf, type Permission } from '../../src/contract/permissions.ts';
import type { Principal } from '../../src/contract/principal.ts';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';
import { BASE, caller, read, requestOf, type Answer } from './lab.ts';

const NAMES = Object.keys(ENDPOINTS) as readonly EndpointName[]; // sound: the keys of the table
const endpointOf = (name: EndpointName): Endpoint => ENDPOINTS[name];

const isAboutTask = (name: EndpointName): boolean => endpointOf(name).path.includes(':task_id');
const isAdmitted = (name: EndpointName, permissions: ReadonlySet<string>): boolean => {
  const { permission } = endpointOf(name);
  return permission === 'public' || permission === 'authenticated' || permissions.has(permission);
};

/** A body with which each endpoint does something; the others take none, or an empty object. A new endpoint with a body needs one. */
const BODIES: Partial<Readonly<Record<EndpointName, unknown>>> = {
  createTask: { name: 'mine/work', context: { secret: 'CANARY-context' } },
  updateTask: { reason: 'a test' },
  annotateTask: { annotation_type: 'note', annotation: { text: 'CANARY-annotation' } },
  updateStep: { inputs: { secret: 'CANARY-context' } },
  resolveStep: { result: { secret: 'CANARY-result' } },
  bulkCancel: { filter: { tag: 'none' }, limit: 1 },
  bulkRetry: { filter: { tag: 'none' }, limit: 1 },
  bulkResolve: { filter: { tag: 'none' }, limit: 1 },
  mapObjects: { one: { system: 'a', id: '1' }, two: { system: 'b', id: '1' } },
  graphql: { query: '{ __typename }' },
  createApiKey: { name: 'new', grants: ['system:admin'], namespaces: ['mine'] },
};
/** What tells of every namespace at once: with a permission, but not for callers who may see only some. */
const WHOLE_SYSTEM: readonly EndpointName[] = ['metrics'];

/** What a field of GraphQL needs besides its permission: searching in payloads shows them. */
const ALSO: Readonly<Record<string, readonly Permission[]>> = {
  'Query.tasksByAnnotation': ['tasks:read_context'],
};

/** Callers, by what they may do. */
const CALLERS: readonly (readonly [who: string, permissions: ReadonlySet<Permission>])[] = [
  ...ALL_PERMISSIONS.map((one) => [`only ${one}`, new Set([one])] as const),
  ...ALL_PERMISSIONS.map(
    (one) => [`all but ${one}`, new Set(ALL_PERMISSIONS.filter((each) => each !== one))] as const,
  ),
  ['nothing', new Set()],
  ['everything', new Set(ALL_PERMISSIONS)],
  ['a bare star', permissionsOf(['*'])],
  ['what nobody knows', permissionsOf(['tasks:everything', 'root', 'admin:*', '', 'tasks:', ':*'])],
];

describeOnEachDatabase('who may do what', (database) => {
  let engine: Engine;
  let api: TaskerApi;
  /** Who asks now. */
  let principal: Principal | null = null;
  const ids = { own: 0, foreign: 0, unknown: 99_999_999 };

  beforeAll(async () => {
    engine = await startEngine(database);
    for (const namespace of ['mine', 'other'])
      await engine.tasker.register(
        defineTask({ name: 'work', namespace, identity: 'none', retryLimit: 1 }, (t) => {
          const good = t.step('good', {}, (context) => {
            context.annotate('note', { text: 'CANARY-annotation' });
            return { secret: 'CANARY-result' };
          });
          t.step('bad', { dependsOn: { good } }, () => {
            throw new Error('CANARY-error');
          });
        }),
      );
    api = createApi(engine.tasker, { authenticate: () => principal, rateLimit: false });
    ids.own = await failed('mine');
    ids.foreign = await failed('other');
  });
  afterAll(async () => {
    await api.close();
    await engine.finish();
  });

  /** A task in error, with a payload everywhere. */
  async function failed(namespace: string): Promise<number> {
    const context = { secret: 'CANARY-context' };
    const { taskId } = await engine.tasker.create(`${namespace}/work`, { context });
    await engine.tasker.waitFor(taskId, { timeout: '20s' });
    return taskId;
  }

  /** Asks for the operation of an endpoint, about this task where it is about one. */
  async function ask(who: Principal | null, name: EndpointName, taskId: number): Promise<Answer> {
    principal = who;
    const { method, path, body } = endpointOf(name);
    const where = path
      .replace(':task_id', String(taskId))
      .replace(':step_id', 'bad')
      .replace(':definition_id', '1')
      .replace(':key_id', 'aaaaaaaa');
    const given = body === null ? {} : { body: BODIES[name] ?? {} };
    const leaving = new AbortController();
    const request = requestOf(method, `${BASE}${where}`, {
      ...given,
      headers: { 'x-request-id': 'same' },
    });
    const response = await api.fetch(new Request(request, { signal: leaving.signal }));
    if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
      return read(response);
    const reader = response.body?.getReader();
    const first = await reader?.read(); // what a watcher is told at once
    leaving.abort();
    const text = Buffer.from(first?.value ?? new Uint8Array()).toString();
    return { status: response.status, headers: response.headers, text, json: undefined };
  }

  test.each(NAMES)(
    '%s is done for those who have its permission, and for nobody else',
    async (name) => {
      for (const [who, permissions] of CALLERS) {
        const { status, text } = await ask(caller(permissions), name, ids.own);
        const may = isAdmitted(name, permissions);
        expect(status === 403, `${who}: ${status} ${text}`).toBe(!may);
        expect([401, 500, 503], `${who}: ${text}`).not.toContain(status);
        if (!may) expect(text, who).not.toMatch(/CANARY/);
      }
    },
  );

  test.each(NAMES)('%s is refused to callers who are nobody, unless it is public', async (name) => {
    const { status, headers } = await ask(null, name, ids.own);

    expect(status === 401).toBe(endpointOf(name).permission !== 'public');
    if (status === 401) expect(headers.get('www-authenticate')).toBe('Bearer');
  });

  test.each(NAMES.filter(isAboutTask))(
    '%s tells nothing of a task in another namespace: it answers as for one that does not exist',
    async (name) => {
      for (const [who, permissions] of CALLERS) {
        const limited = caller(permissions, ['mine']);
        const unknown = await ask(limited, name, ids.unknown);
        const foreign = await ask(limited, name, ids.foreign);
        const status = isAdmitted(name, permissions) ? 404 : 403;
        expect([unknown.status, foreign.status], who).toEqual([status, status]);
        const [one, two] = [String(ids.unknown), String(ids.foreign)];
        expect(
          foreign.text.replaceAll(`ask ${two} `, `ask ${one} `).replaceAll(`:${two}`, `:${one}`),
        ).toBe(unknown.text);
      }
      expect(await engine.tasker.operatorLog(ids.foreign)).toEqual([]);
    },
  );

  test.each(NAMES.filter((name) => !isAboutTask(name)))(
    '%s tells nothing of other namespaces to those who may see one',
    async (name) => {
      const limited = caller(ALL_PERMISSIONS, ['nowhere']);
      const { status, text } = await ask(limited, name, ids.own);

      const isRefused = WHOLE_SYSTEM.includes(name) || name === 'createApiKey';
      if (isRefused) expect(status).toBe(403);
      expect(text).not.toMatch(/"mine"|"other"|CANARY/);
    },
  );

  test('every endpoint that needs a body has one here with which it does something', () => {
    const needing = NAMES.filter(
      (name) => endpointOf(name).body?.safeParse(undefined).success === false,
    );

    expect(needing.length).toBeGreaterThan(5);
    const without = needing.filter(
      (name) => !endpointOf(name).body?.safeParse(BODIES[name]).success,
    );
    expect(without).toEqual([]);
  });

  test('payloads are shown to those alone who may see them, whatever is asked', async () => {
    const shown = { context: 0, annotation: 0, result: 0, error: 0 };
    for (const name of NAMES) {
      const without = async (...hidden: readonly Permission[]): Promise<string> => {
        const who = caller(ALL_PERMISSIONS.filter((one) => !hidden.includes(one)));
        return (await ask(who, name, await failed('mine'))).text;
      };
      const all = await without();
      for (const what of ['context', 'annotation', 'result', 'error'] as const)
        shown[what] += all.includes(`CANARY-${what}`) ? 1 : 0;
      expect(await without('tasks:read_context'), name).not.toMatch(/CANARY-(context|annotation)/);
      expect(await without('steps:read_results'), name).not.toMatch(/CANARY-(result|error)/);
      expect(await without('steps:read'), `${name} without steps`).not.toMatch(
        /"workflow_steps":\[/,
      );
    }
    expect(shown.context).toBeGreaterThan(5); // so that the above is about something
    expect(shown.result).toBeGreaterThan(5);
    expect(shown.error).toBeGreaterThan(5);
    expect(shown.annotation).toBeGreaterThan(2);
  });

  describe('GraphQL', () => {
    const entries = graphqlFieldPermissions().filter(({ field }) =>
      /^(Query|Mutation)\./.test(field),
    );

    test('has every query and mutation in the matrix', () => {
      const roots = [GRAPHQL_SCHEMA.getQueryType(), GRAPHQL_SCHEMA.getMutationType()];
      const fields = roots.flatMap((type) =>
        Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
      );
      expect(entries.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
    });

    test.each(entries)('$field needs $permission', async ({ field, permission }) => {
      const codes = async (who: Principal, taskId: number): Promise<readonly string[]> => {
        principal = who;
        const request = requestOf('POST', `${BASE}/graphql`, {
          body: { query: queryFor(field, taskId) },
        });
        const { json, text } = await read(await api.fetch(request));
        const { errors } = json as { errors?: readonly { extensions?: { code?: string } }[] }; // sound: GraphQL
        const found = (errors ?? []).map(({ extensions }) => extensions?.code ?? 'none');
        expect(found, `${queryFor(field, taskId)} ${text}`).not.toContain('GRAPHQL_INVALID');
        return found;
      };
      for (const [who, permissions] of CALLERS) {
        const found = await codes(caller(permissions), ids.own);
        expect(found.includes('FORBIDDEN'), `${who}: ${found.join(', ')}`).toBe(
          ![permission, ...(ALSO[field] ?? [])].every((one) => permissions.has(one)),
        );
      }
      const limited = caller(ALL_PERMISSIONS, ['mine']);
      expect(await codes(limited, ids.foreign)).toEqual(await codes(limited, ids.unknown));
    });
  });
});

/** A document that asks for one field of Query or Mutation, about this task where it is about one. */
function queryFor(field: string, taskId: number): string {
  const [root = '', name = ''] = field.split('.');
  const type = root === 'Query' ? GRAPHQL_SCHEMA.getQueryType() : GRAPHQL_SCHEMA.getMutationType();
  const found: GraphQLField<unknown, unknown> | undefined = type?.getFields()[name];
  const required = (found?.args ?? []).filter((arg) => arg.type instanceof GraphQLNonNull);
  const args = required.map((arg) => `${arg.name}: ${sample(arg.name, arg.type, taskId)}`);
  const selection = found && isCompositeType(getNamedType(found.type)) ? ' { __typename }' : '';
  return `${root.toLowerCase()} { ${name}${args.length > 0 ? `(${args.join(', ')})` : ''}${selection} }`;
}

function sample(name: string, type: GraphQLInputType, taskId: number): string {
  const known: Readonly<Record<string, string>> = {
    taskId: String(taskId),
    stepId: `"${taskId * 65_536 + 1}"`,
    status: '"error"',
    context: '"{}"',
    name: '"mine/work"',
  };
  const inner = type instanceof GraphQLNonNull ? type.ofType : type;
  const found = known[name];
  if (found !== undefined) return found;
  if (isListType(inner)) return '[]';
  if (isInputObjectType(inner)) {
    const fields = Object.values(inner.getFields()).filter(
      (one) => one.type instanceof GraphQLNonNull,
    );
    return `{ ${fields.map((one) => `${one.name}: ${sample(one.name, one.type, taskId)}`).join(', ')} }`;
  }
  return getNamedType(inner).name === 'Int' ? '1' : '"x"';
}
