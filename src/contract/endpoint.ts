import type { z } from 'zod';
import type { ErrorCode } from '../kernel/errors.ts';
import type { Permission } from './permissions.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Who may call an endpoint at all: whoever has the permission, anyone who is known, or everybody. */
export type Admission = Permission | 'authenticated' | 'public';

/** Names of the parameters in a path: `/tasks/:task_id/events` has `task_id`. */
type PathNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** The schema of an answer's body, or the media type of an answer that is not JSON. */
export type AnswerBody = z.ZodType | { readonly media: string; readonly description: string };

/**
 * One endpoint, declared once: routing, validation, OpenAPI, the typed client, the checks of authorisation and the documentation
 * derive from it.
 */
export interface Endpoint<
  Path extends string = string,
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType | null = z.ZodType | null,
  Answers extends Readonly<Record<number, AnswerBody>> = Readonly<Record<number, AnswerBody>>,
> {
  readonly method: Method;
  /** Under the base path; parameters as `:name`. */
  readonly path: Path;
  /** A second method that does the same, because the seed has both: PUT for PATCH. */
  readonly also?: 'PUT';
  /** One sentence, for people. */
  readonly summary: string;
  readonly description?: string;
  /** The chapter that it belongs to. */
  readonly chapter: Chapter;
  readonly permission: Admission;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The answers that are no error, by status. */
  readonly answers: Answers;
  /** Refusals in a form of its own, by status, besides problem documents. */
  readonly refusals?: Readonly<Record<number, z.ZodType>>;
  /** Errors of its own, besides those that every endpoint has. */
  readonly errors: readonly ErrorCode[];
}

export type Chapter =
  | 'tasks'
  | 'steps'
  | 'bulk'
  | 'live'
  | 'definitions'
  | 'systems'
  | 'annotations'
  | 'workers'
  | 'analytics'
  | 'keys'
  | 'system';

/** Declares an endpoint; the parameters of the path and of `params` must be the same, or it does not compile. */
export function endpoint<
  const Path extends string,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType | null,
  const Answers extends Readonly<Record<number, AnswerBody>>,
>(
  declaration: Endpoint<Path, Params, Query, Body, Answers> & {
    readonly params: [PathNames<Path>] extends [keyof Params['shape']]
      ? [keyof Params['shape']] extends [PathNames<Path>]
        ? Params
        : never
      : never;
  },
): Endpoint<Path, Params, Query, Body, Answers> {
  return Object.freeze(declaration);
}

/** The names of the parameters in a path, in their order. */
export function pathParameters(path: string): readonly string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
}
