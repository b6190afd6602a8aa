import { TaskerError } from '../kernel/errors.ts';
import { securityEnvironment, type SecurityEnvironment } from './security-environment.ts';

/** The environment variables of a process, by name. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/**
 * What the environment says about Tasker. Each value is checked when it is read, so that a variable that nobody asks for never
 * stops a host. A variable that is set but empty is an error and never "not set": a deployment whose `DATABASE_URL` came out empty
 * must not start on an embedded database.
 */
export interface Environment {
  /** `DATABASE_URL`: a `postgres://` address. @throws INVALID_OPTION */
  readonly databaseUrl: string | undefined;
  /** `TASKER_SCHEMA`: the PostgreSQL schema. @throws INVALID_OPTION */
  readonly schema: string | undefined;
  /** `TASKER_DATA_DIR`: the folder of the embedded database. @throws INVALID_OPTION */
  readonly dataDirectory: string | undefined;
  /** `TASKER_CONCURRENCY`: steps that run at once in a worker, 1 to 10000. @throws INVALID_OPTION */
  readonly concurrency: number | undefined;
  /** `TASKER_HOST`: the name or address that the service listens on. @throws INVALID_OPTION */
  readonly host: string | undefined;
  /** `TASKER_PORT`: the port of the service, 0 (a free one) to 65535. @throws INVALID_OPTION */
  readonly port: number | undefined;
  /** `TASKER_URL`: the service that commands speak to in place of a database. @throws INVALID_OPTION */
  readonly url: string | undefined;
  /** `TASKER_API_KEY`: the key that commands show to that service. @throws INVALID_OPTION */
  readonly apiKey: string | undefined;
  /** `TASKER_API_KEYS` and `TASKER_JWT_…`: who may call the service. */
  readonly security: SecurityEnvironment;
  /** `TASKER_ENV`, otherwise `NODE_ENV`, otherwise `development`: which `environments:` block of a definition applies. */
  readonly name: string;
  /** `TASKER_DEBUG=1`: show stack traces of errors. */
  readonly debug: boolean;
  /** `never` when `NO_COLOR` is set or the terminal is dumb, `always` when `FORCE_COLOR` is set to something else than 0. */
  readonly colour: 'auto' | 'always' | 'never';
  /** `TASKER_SECRET_<NAME>`: the value of a secret that definitions refer to, or undefined. */
  secret(name: string): string | undefined;
}

/**
 * Reads the environment. The only place of the product that touches `process.env`.
 *
 * @param variables @default the variables of this process
 */
export function readEnvironment(variables: EnvironmentVariables = process.env): Environment {
  return {
    get databaseUrl() {
      return filled(
        variables,
        'DATABASE_URL',
        'give a postgres:// address, or unset it for the embedded database',
      );
    },
    get schema() {
      return filled(variables, 'TASKER_SCHEMA', 'give the name of a schema, or unset it');
    },
    get dataDirectory() {
      return filled(variables, 'TASKER_DATA_DIR', 'give the path of a folder, or unset it');
    },
    get concurrency() {
      return wholeNumber(variables, 'TASKER_CONCURRENCY', [1, 10_000]);
    },
    get host() {
      return filled(variables, 'TASKER_HOST', 'give a name or an address, or unset it');
    },
    get port() {
      return wholeNumber(variables, 'TASKER_PORT', [0, 65_535]);
    },
    get url() {
      return filled(variables, 'TASKER_URL', 'give the address of a service, or unset it');
    },
    get apiKey() {
      return filled(variables, 'TASKER_API_KEY', 'give a key, or unset it');
    },
    security: securityEnvironment(variables),
    name: variables['TASKER_ENV'] || variables['NODE_ENV'] || 'development',
    debug: variables['TASKER_DEBUG'] === '1',
    colour: colourOf(variables),
    secret: (name) => variables[`TASKER_SECRET_${name}`],
  };
}

function filled(variables: EnvironmentVariables, name: string, advice: string): string | undefined {
  const value = variables[name];
  if (value !== undefined && value.trim() === '') {
    throw new TaskerError('INVALID_OPTION', { option: name, problem: `is empty; ${advice}` });
  }
  return value;
}

function wholeNumber(
  variables: EnvironmentVariables,
  name: string,
  [lowest, highest]: readonly [number, number],
): number | undefined {
  const value = variables[name];
  if (value === undefined) return undefined;
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (!(number >= lowest && number <= highest)) {
    const problem = `is ${JSON.stringify(value)}; give a whole number from ${lowest} to ${highest}`;
    throw new TaskerError('INVALID_OPTION', { option: name, problem });
  }
  return number;
}

function colourOf(variables: EnvironmentVariables): Environment['colour'] {
  if (variables['NO_COLOR']) return 'never';
  const force = variables['FORCE_COLOR'];
  if (force !== undefined && force !== '') return force === '0' ? 'never' : 'always';
  return variables['TERM'] === 'dumb' ? 'never' : 'auto';
}
