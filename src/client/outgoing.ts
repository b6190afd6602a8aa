import { pathParameters, type Endpoint } from '../contract/endpoint.ts';
import { contextParameterValue } from '../contract/task-filter.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { Duration } from '../kernel/duration.ts';
import type { ClientHeaders } from './options.ts';

/** Any call, as the types of the methods let it through. */
export interface AnyCall {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: Duration | undefined;
  readonly headers?: ClientHeaders | undefined;
}

/** The address of a call. @throws INVALID_REQUEST for a parameter of the path that is missing or no id */
export function addressOf(base: string, endpoint: Endpoint, call: AnyCall): string {
  const given = Object.fromEntries(
    pathParameters(endpoint.path).map((name) => [name, textOf(call.params?.[name] ?? '')]),
  );
  const [issue] = endpoint.params.safeParse(given).error?.issues ?? [];
  if (issue !== undefined) {
    const path = `params.${issue.path.join('.')}`;
    throw invalid(path, issue.message);
  }
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(given[name] ?? ''),
  );
  const query = new URLSearchParams(queryEntries(call.query ?? {})).toString();
  return `${base}${path}${query === '' ? '' : `?${query}`}`;
}

function queryEntries(query: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(query).flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return [];
    if (name === 'context' && typeof value === 'object' && value !== null)
      return Object.entries(value).map(([path, wanted]) => contextEntry(path, wanted));
    return [[name, textOf(value)]];
  });
}

function contextEntry(path: string, value: unknown): [string, string] {
  const isScalar = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  const text = isScalar
    ? contextParameterValue(value as string | number | boolean | null) // sound: checked in the line above
    : null;
  if (text === null)
    throw invalid(`query.context.${path}`, 'must be text, a number, true, false or null');
  return [`context.${path}`, text];
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.map(String).join(',') : String(value);
}

function invalid(path: string, message: string): TaskerError<'INVALID_REQUEST'> {
  return new TaskerError('INVALID_REQUEST', {
    problem: `${path} ${message}`,
    problems: [{ path, message }],
  });
}
