import type { EncodedValue } from './value-types.ts';
import type { Column } from './user-types.ts';

/** What the main thread asks of the worker thread that owns PGlite. Requests are served one after the other. */
export type WorkerRequest = RunRequest | { readonly kind: 'close'; readonly id: number };

/** Runs one statement, or a text of several without values. */
export interface RunRequest {
  readonly kind: 'statement' | 'script';
  readonly id: number;
  readonly text: string;
  readonly values: readonly EncodedValue[];
  readonly name: string;
}

/** What the worker thread says. */
export type WorkerReply =
  | { readonly kind: 'opened' }
  /** The instance could not be opened; the worker does nothing more. */
  | { readonly kind: 'not_opened'; readonly problem: string }
  | WorkerAnswer
  /** PostgreSQL refused the statement; the session is fine. */
  | { readonly kind: 'refused'; readonly id: number; readonly error: SqlErrorFields }
  /** The instance can no longer be trusted; the worker does nothing more and must be replaced. */
  | { readonly kind: 'fault'; readonly id: number; readonly problem: string }
  | { readonly kind: 'closed'; readonly id: number }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string };

/** The answer to one statement. Values are PostgreSQL's text, so that the main thread decodes them as it does for pg. */
export interface WorkerAnswer {
  readonly kind: 'answer';
  readonly id: number;
  /** The command tag, such as `INSERT 0 1`; of the last statement, for a script. */
  readonly tag: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** The fields of an error that PostgreSQL reports, under the names that pg gives them. */
export interface SqlErrorFields {
  readonly message: string;
  readonly code: string | undefined;
  readonly severity: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: string | undefined;
  readonly where: string | undefined;
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly dataType: string | undefined;
  readonly constraint: string | undefined;
}

/** What the worker is started with. */
export interface WorkerStart {
  /** The data directory, or null for memory. */
  readonly dataDirectory: string | null;
  /** Settings of the server, each `name=value`. */
  readonly settings: readonly string[];
}
