import type { z } from 'zod';
import type { EndEventDto, TaskEventDto } from '../contract/dto/event.ts';
import type { EndpointName, Endpoints } from '../contract/index.ts';
import type { Duration } from '../kernel/duration.ts';
import type { ClientHeaders } from './options.ts';

/** What any call may have besides what its endpoint asks for. */
export interface CallOptions {
  /** Aborting it rejects the call with the signal's reason, or ends a stream of events. */
  readonly signal?: AbortSignal | undefined;
  /** Instead of the client's. */
  readonly timeout?: Duration | undefined;
  /** Besides the client's: `{ 'if-match': '"<revision>"' }`. */
  readonly headers?: ClientHeaders | undefined;
}

/** An event of a stream; `id` says up to where you know everything. */
export type TaskerEvent =
  | { readonly event: 'task'; readonly id: string; readonly data: TaskEventDto }
  /** Fetch what you show: what happened before is not told. */
  | { readonly event: 'reset'; readonly id: string }
  | { readonly event: 'end'; readonly id: string; readonly data: EndEventDto };

type Scalar = string | number | boolean | null;
type Flat<Type> = { [Key in keyof Type]: Type[Key] };

/** Values of a query, as a program has them: lists and moments are written by the client. */
type QueryValue<Value> = Value extends Date
  ? Date | string
  : Value extends readonly (infer Member)[]
    ? readonly Member[]
    : Value;
type Shape<Schema extends z.ZodObject> = Schema['shape'];
type Known<Schema extends z.ZodObject> = {
  readonly [Key in keyof Shape<Schema>]?:
    QueryValue<Exclude<z.output<Shape<Schema>[Key]>, undefined>> | undefined;
};
/** Equality filters of the context (dotted path to value), where a query takes parameters that it does not name. */
type ContextOf<Schema extends z.ZodObject> =
  z.output<Schema> extends Record<string, never>
    ? unknown
    : string extends keyof z.output<Schema>
      ? { readonly context?: Readonly<Record<string, Scalar>> | undefined }
      : unknown;

type ParamsOf<Name extends EndpointName> = {
  readonly [Key in keyof Shape<Endpoints[Name]['params']>]:
    z.output<Endpoints[Name]['params']>[Key & keyof z.output<Endpoints[Name]['params']>] | number;
};
type QueryOf<Name extends EndpointName> = Flat<
  Known<Endpoints[Name]['query']> & ContextOf<Endpoints[Name]['query']>
>;
type BodyOf<Name extends EndpointName> = Endpoints[Name]['body'] extends z.ZodType
  ? z.input<Endpoints[Name]['body']>
  : undefined;

type Params<Type> = [keyof Type] extends [never] ? unknown : { readonly params: Type };
type Query<Type> = [keyof Type] extends [never] ? unknown : { readonly query?: Type | undefined };
type Body<Type> = [Type] extends [undefined]
  ? unknown
  : undefined extends Type
    ? { readonly body?: Type }
    : { readonly body: Type };

/** What a method receives: `params` of the path, `query`, `body`, each where the endpoint has it. */
export type CallOf<Name extends EndpointName, Sent = BodyOf<Name>> = Flat<
  Params<ParamsOf<Name>> & Query<QueryOf<Name>> & Body<Sent> & CallOptions
>;

type AnswerBodies<Name extends EndpointName> =
  Endpoints[Name]['answers'][keyof Endpoints[Name]['answers']];
type AnswerFrom<Declared> = Declared extends z.ZodType
  ? z.output<Declared>
  : Declared extends { readonly media: 'text/event-stream' }
    ? AsyncIterable<TaskerEvent>
    : string;

/** What a method answers: the body, as the endpoint's schema gives it; text where it is no JSON; events where it is a stream. */
export type AnswerOf<Name extends EndpointName> = AnswerFrom<AnswerBodies<Name>>;

type Result<Answer> = Answer extends AsyncIterable<unknown> ? Answer : Promise<Answer>;
type Many = { readonly tasks: unknown };

type Method<Name extends EndpointName> = [Extract<BodyOf<Name>, Many>] extends [never]
  ? object extends CallOf<Name>
    ? (call?: CallOf<Name>) => Result<AnswerOf<Name>>
    : (call: CallOf<Name>) => Result<AnswerOf<Name>>
  : {
      (call: CallOf<Name, Exclude<BodyOf<Name>, Many>>): Promise<Exclude<AnswerOf<Name>, Many>>;
      (call: CallOf<Name, Extract<BodyOf<Name>, Many>>): Promise<Extract<AnswerOf<Name>, Many>>;
    };

/** A method for every endpoint, under its name. */
export type TaskerClient = { readonly [Name in EndpointName]: Method<Name> };
