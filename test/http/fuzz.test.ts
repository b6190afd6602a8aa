import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineTask } from '../../src/definition/define-task.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';
import { readDocument, type Document, type Schema } from './document.ts';
import { clientOf, read, requestOf, type Answer, type Client } from './lab.ts';
import { createOracle, type Oracle } from './oracle.ts';
import type { Draft } from './random-changes.ts';
import { anyRequest } from './random-requests.ts';

/** Of each database; both together make a run of 20,000. */
const REQUESTS = Number(process.env['TASKER_FUZZ_REQUESTS'] ?? 10_000);
const SEED = Number(process.env['TASKER_FUZZ_SEED'] ?? randomInt(2 ** 31));
/** Requests under way at once. */
const WIDTH = 12;
const REPLAY = `TASKER_FUZZ_SEED=${SEED} npx vitest run test/http/fuzz.test.ts`;

const quick = (namespace: string) =>
  defineTask({ name: 'quick', namespace, identity: 'none' }, (t) => {
    const first = t.step('first', {}, () => ({ n: 1 }));
    t.step(
      'maybe',
      { dependsOn: { first }, skippable: true, dependentSystem: 'shop' },
      (context) => {
        context.annotate('note', { a: 'x' });
        return null;
      },
    );
  });
const broken = defineTask({ name: 'broken', identity: 'none', retryLimit: 1 }, (t) => {
  t.step('fails', {}, () => {
    throw new Error('out of order');
  });
});
const waiting = defineTask({ name: 'waiting', identity: 'none', retryLimit: 20 }, (t) => {
  t.step('fails', { backoff: { base: '1h', max: '1h', jitter: 'none' } }, () => {
    throw new Error('out of order');
  });
});
const stuck = defineTask({ name: 'stuck', identity: 'none', queue: 'nobody' }, (t) => {
  const waits = t.step('waits', {}, () => null);
  t.step('maybe', { dependsOn: { waits }, skippable: true }, () => null);
});
const once = defineTask({ name: 'once' }, (t) => void t.step('only', {}, () => null));

/** What the run has come upon so far. */
interface Found {
  readonly tasks: number[];
  /** Those that are not done by themselves. */
  readonly open: number[];
  readonly definitions: number[];
  readonly keys: string[];
  cursor: string;
  created: number;
  /** Status by status, for every operation. */
  readonly statuses: Map<string, Map<number, number>>;
  readonly faults: string[];
}

describeOnEachDatabase('random requests over the whole document', (database) => {
  let engine: Engine;
  let client: Client;
  let document: Document;
  let oracle: Oracle;
  const found: Found = {
    tasks: [],
    open: [],
    definitions: [],
    keys: [],
    cursor: 'none',
    created: 0,
    statuses: new Map(),
    faults: [],
  };

  beforeAll(async () => {
    engine = await startEngine(database);
    for (const task of [quick('default'), quick('other'), broken, waiting, stuck, once])
      await engine.tasker.register(task);
    client = clientOf(engine.tasker);
    document = readDocument((await client('GET', '/openapi.json')).json as Schema); // sound: the interface describes itself
    oracle = createOracle(document, [
      process.cwd(),
      database.url() ?? 'postgres://',
      engine.schema,
    ]);
    for (const name of ['quick', 'broken', 'stuck', 'stuck', 'other/quick', 'broken', 'stuck']) {
      const { taskId } = await engine.tasker.create(name, { context: { n: 1, a: { b: 'x' } } });
      found.tasks.push(taskId);
      found.open.push(taskId);
      found.created += 1;
    }
    found.definitions.push(
      ...(await engine.tasker.storedDefinitions()).map(({ definitionId }) => definitionId),
    );
  });
  afterAll(async () => {
    await client.api.close();
  });

  test(
    `get only documented answers (seed ${SEED}; replay: ${REPLAY})`,
    { timeout: 240_000 },
    async () => {
      const drafts = fc.sample(anyRequest(document), {
        seed: database.kind === 'postgres' ? SEED : SEED + 1, // twice as many requests, not the same ones twice
        numRuns: REQUESTS,
      });
      const queue = drafts.values();
      const send = async (): Promise<void> => {
        for (const draft of queue) await one(draft, { client, oracle, found });
      };
      await Promise.all(Array.from({ length: WIDTH }, send));

      expect(summary(found.faults), `replay: ${REPLAY}`).toEqual([]);
    },
  );

  test('ask for every operation, and reach the success of each', () => {
    const reached = document.operations.map(({ operationId }) => {
      const statuses = [...(found.statuses.get(operationId)?.keys() ?? [])];
      return `${operationId} ${statuses.some((status) => status < 300) ? 'succeeded' : `only ${statuses.join(', ')}`}`;
    });

    expect(reached.filter((line) => !line.endsWith(' succeeded'))).toEqual([]);
  });

  test('store exactly the tasks that were accepted, and leave every law of the data whole', async () => {
    const [row] = await engine.sql('select count(*)::int as n from {schema}.tasks');

    expect(row?.['n']).toBe(found.created);
    expect(found.created).toBeGreaterThan(50);
    await engine.finish();
  });
});

/** Sends one request, judges the answer, and keeps what later requests can use. */
async function one(
  draft: Draft,
  { client, oracle, found }: { client: Client; oracle: Oracle; found: Found },
): Promise<void> {
  const { segments, query } = filled(draft, found);
  const search = query.map(([name, value]) => `${name}=${value}`).join('&');
  const url = `http://${draft.host}/tasker/${segments.join('/')}${search === '' ? '' : `?${search}`}`;
  const request = built(draft, url);
  if (request === null) return;
  const answer = await answerOf(client, request);
  const pathname = new URL(url).pathname.replace(/^\/tasker/, '');
  const operation = oracle.operationOf(request.method, pathname);
  if (operation !== null) {
    const statuses = found.statuses.get(operation.operationId) ?? new Map<number, number>();
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    found.statuses.set(operation.operationId, statuses);
  }
  const faults = [
    ...oracle.faultsOf({ method: request.method, pathname }, answer),
    ...(draft.kind === 'valid' ? refusals(answer) : []),
  ];
  for (const fault of faults)
    found.faults.push(
      `${operation?.operationId ?? 'nothing'}: ${fault} <- ${request.method} ${url.slice(0, 300)} ${shown(draft)}`,
    );
  keep(answer, found);
}

/** The ids that stand for something, in the place of what they stand for. */
function filled(draft: Draft, found: Found): Pick<Draft, 'segments' | 'query'> {
  const [last, open] = [found.tasks.slice(-100), found.open.slice(-8)];
  let taskId = 1;
  const segments = draft.segments.map((segment) => {
    const [, what, number] = /^@(\w+)#(\d+)$/.exec(segment) ?? [];
    const pick = Number(number);
    if (what === 'task_id') {
      const from = pick % 4 === 0 ? last : open;
      return String((taskId = from[pick % from.length] ?? 1));
    }
    if (what === 'step_id')
      return pick % 5 === 0 ? 'maybe' : String(taskId * 65_536 + (pick % 3 === 0 ? 1 : 0));
    if (what === 'definition_id')
      return String(found.definitions[pick % found.definitions.length] ?? 1);
    if (what === 'key_id') return found.keys[pick % Math.max(1, found.keys.length)] ?? 'none';
    return segment;
  });
  const query = draft.query.map(
    ([name, value]) => [name, value === '%40cursor%230' ? found.cursor : value] as const,
  );
  return { segments, query };
}

/** Null for what no client can send. */
function built({ method, headers, body }: Draft, url: string): Request | null {
  const ask =
    body.kind === 'json'
      ? { raw: JSON.stringify(body.value) }
      : body.kind === 'text'
        ? { raw: body.text }
        : {};
  const isBodiless = ['GET', 'HEAD', 'get'].includes(method);
  try {
    return requestOf(method, url, { headers, ...(isBodiless ? {} : ask) });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

async function answerOf(client: Client, request: Request): Promise<Answer> {
  const leaving = new AbortController();
  const left = new Request(request, { signal: leaving.signal });
  const response = await client.api.fetch(left, { remoteAddress: '127.0.0.1' });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return read(response);
  await response.body?.cancel();
  leaving.abort();
  return { status: response.status, headers: response.headers, text: '', json: undefined };
}

function keep({ status, json }: Answer, found: Found): void {
  if (typeof json !== 'object' || json === null) return;
  const body = json as {
    task?: { task_id: number; name: string };
    tasks?: readonly { task_id: number; created?: boolean }[];
    next_cursor?: string | null;
    api_key?: { key_id: string };
  }; // sound: every member is looked for
  if (status === 201 && body.task !== undefined) {
    found.created += 1;
    found.tasks.push(body.task.task_id);
    if (['broken', 'stuck', 'waiting'].includes(body.task.name)) found.open.push(body.task.task_id);
  }
  if (status === 201 && body.tasks !== undefined) {
    const made = body.tasks.filter(({ created }) => created);
    found.created += made.length;
    found.tasks.push(...made.map((task) => task.task_id));
  }
  if (status === 201 && body.api_key !== undefined) found.keys.push(body.api_key.key_id);
  if (status === 200 && typeof body.next_cursor === 'string') found.cursor = body.next_cursor;
}

/** What depends on several members, or on what is stored: a schema has no words for it. */
const RELATIONS =
  /belong together|needs the system|must all have one name|must name something|must have inputs or retry_limit|not one that this list gave|neither a role|bypass_steps may have|mapped to itself|at most ten years|attempts made so far/;

/** What the document allows and the interface does not. */
function refusals({ status, json }: Answer): readonly string[] {
  const { code, detail } = (json ?? {}) as { readonly code?: string; readonly detail?: string }; // sound: looked for
  const isRefused = status === 422 && code === 'INVALID_REQUEST';
  return isRefused && !RELATIONS.test(detail ?? '') ? [`refused: ${detail}`] : [];
}

function shown({ kind, headers, body }: Draft): string {
  const text =
    body.kind === 'json'
      ? JSON.stringify(body.value)
      : body.kind === 'text'
        ? String(body.text)
        : '';
  return `${kind} ${JSON.stringify(headers)} ${text.slice(0, 400)}`;
}

/** Each sort of fault once, with how often it came and one request that brings it about. */
function summary(faults: readonly string[]): readonly string[] {
  const sorts = new Map<string, { count: number; readonly example: string }>();
  for (const fault of faults) {
    const sort = fault.slice(0, fault.indexOf(' <- ')).slice(0, 80);
    const known = sorts.get(sort);
    if (known) known.count += 1;
    else sorts.set(sort, { count: 1, example: fault });
  }
  return [...sorts.values()].map(({ count, example }) => `${count} x ${example}`);
}
