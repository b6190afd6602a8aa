import { createApi } from '../../src/api/app.ts';
import type { ApiOptions } from '../../src/api/options.ts';
import type { Authenticator, Principal } from '../../src/contract/principal.ts';
import { ALL_PERMISSIONS, type Permission } from '../../src/contract/permissions.ts';
import type { TaskerApi } from '../../src/api/app.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import type { Engine } from '../support/engine.ts';

/** Where in-process requests go; the name is one of this machine. */
export const BASE = 'http://localhost/tasker';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** What a request is besides its method and path. */
export interface Ask {
  /** Sent as JSON, with the content type. */
  readonly body?: unknown;
  /** Sent as it is; give the content type yourself. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks an interface without a server between. */
export interface Client {
  readonly api: TaskerApi;
  (method: string, path: string, ask?: Ask): Promise<Answer>;
}

/** A client on this machine, whom everything is allowed unless `options` says otherwise. */
export function clientOf(tasker: Tasker, options: ApiOptions = {}): Client {
  const api = createApi(tasker, { rateLimit: false, ...options });
  const ask = async (method: string, path: string, given: Ask = {}): Promise<Answer> =>
    read(
      await api.fetch(requestOf(method, `${BASE}${path}`, given), { remoteAddress: '127.0.0.1' }),
    );
  return Object.assign(ask, { api });
}

/** A request with a JSON body, a raw one, or none. */
export function requestOf(method: string, url: string, { body, raw, headers }: Ask = {}): Request {
  const text = body === undefined ? raw : JSON.stringify(body);
  return new Request(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
}

/** Reads a whole answer. */
export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown; // sound: unknown says nothing
  } catch {
    return undefined;
  }
}

/** How many rows every table of the schema has, so that nothing is stored unseen. */
export async function stored(engine: Engine): Promise<Readonly<Record<string, number>>> {
  const tables = await engine.sql(
    `select table_name as name from information_schema.tables where table_schema = $1 order by 1`,
    [engine.schema],
  );
  const counts = tables.map(
    ({ name }) =>
      `select '${String(name)}' as name, count(*)::int as n from {schema}.${String(name)}`,
  );
  const rows = await engine.sql(counts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]));
}

/** A caller who has exactly these permissions. */
export function caller(
  permissions: Iterable<Permission> = ALL_PERMISSIONS,
  namespaces: readonly string[] | null = null,
): Principal {
  return { id: 'caller', permissions: new Set(permissions), namespaces };
}

/** Recognises whoever the test says. */
export function as(principal: Principal | null): Authenticator {
  return () => principal;
}

/** Text that has no place in the answer to a caller: SQL, stacks, files, the environment. */
export const INSIDE: readonly RegExp[] = [
  /\b(select|insert into|update|delete from)\s+[\w".*]+(\s+from|\s+set|\s*\()/i,
  /\bpg_(catalog|sleep|stat)|information_schema|tasker_\d+\./i,
  /\bat .*\(?(file:\/\/|\/)[^)\s]+:\d+:\d+\)?/,
  /node_modules|node:internal|\/src\/[a-z]+\//,
  /\/(home|root|work|usr|tmp|etc)\//,
  /postgres(ql)?:\/\//i,
];
