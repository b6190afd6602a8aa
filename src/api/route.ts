import type { z } from 'zod';
import { ENDPOINTS, type EndpointName, type Endpoints } from '../contract/index.ts';
import type { AnswerBody } from '../contract/endpoint.ts';
import type { Task } from '../model/task.ts';
import type { Access } from './access.ts';
import type { ApiParts } from './parts.ts';

/** What a schema gives, or nothing where there is none. */
type Parsed<Type> = Type extends z.ZodType ? z.output<Type> : null;

/** What a handler of an endpoint receives: everything checked already, by the endpoint's own declaration. */
export interface Call<Name extends EndpointName> {
  readonly params: z.output<Endpoints[Name]['params']>;
  readonly query: z.output<Endpoints[Name]['query']>;
  readonly body: Parsed<Endpoints[Name]['body']>;
  /** The task that the path names: it exists for the caller, and they may do this to it. */
  readonly task: Endpoints[Name]['params']['shape'] extends { readonly task_id: unknown }
    ? Task
    : null;
  readonly request: Request;
  /** The id of the request, in its answer and in the log. */
  readonly requestId: string;
  readonly access: Access;
  readonly parts: ApiParts;
}

type BodyOf<Answer extends AnswerBody> = Answer extends z.ZodType
  ? { readonly body: z.input<Answer> }
  : { readonly text: string; readonly contentType: string };

/** The answers that an endpoint declares: the status and what belongs to it, or a response of its own for streams. */
export type AnswerOf<Name extends EndpointName> =
  | {
      [Status in keyof Endpoints[Name]['answers']]: {
        readonly status: Status;
        readonly headers?: Readonly<Record<string, string>>;
      } & BodyOf<Extract<Endpoints[Name]['answers'][Status], AnswerBody>>;
    }[keyof Endpoints[Name]['answers']]
  | Response;

export type Handler<Name extends EndpointName> = (call: Call<Name>) => Promise<AnswerOf<Name>>;

/** A handler for every endpoint: a missing one does not compile. */
export type Handlers = { readonly [Name in EndpointName]: Handler<Name> };

/** The names of all endpoints, in the order of their declarations. */
export const ENDPOINT_NAMES = Object.keys(ENDPOINTS) as readonly EndpointName[]; // sound: the keys of the table
