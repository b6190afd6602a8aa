import { TaskerError } from '../kernel/errors.ts';

/** What the environment says about callers of the service: texts that are there and not empty, checked further by whoever uses them. */
export interface SecurityEnvironment {
  /** `TASKER_API_KEYS`: `name=role:secret`, with commas between keys. @throws INVALID_OPTION when it is empty */
  readonly apiKeys: string | undefined;
  /** How tokens are checked, when a `TASKER_JWT_…` variable is set. @throws INVALID_OPTION when one is empty or one is missing */
  readonly jwt: JwtEnvironment | undefined;
}

/** The variables `TASKER_JWT_…`. */
export interface JwtEnvironment {
  readonly secret: string | undefined;
  /** PEM; `\n` written out stands for a line break. */
  readonly publicKey: string | undefined;
  readonly jwksUrl: string | undefined;
  /** Names with commas between them. */
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

const SOURCES = ['TASKER_JWT_SECRET', 'TASKER_JWT_PUBLIC_KEY', 'TASKER_JWT_JWKS_URL'] as const;
const NEEDED = ['TASKER_JWT_ALGORITHMS', 'TASKER_JWT_ISSUER', 'TASKER_JWT_AUDIENCE'] as const;

/** Reads the variables when they are asked for, so that one that nobody needs never stops a host. */
export function securityEnvironment(variables: Variables): SecurityEnvironment {
  return {
    get apiKeys() {
      return filled(variables, 'TASKER_API_KEYS');
    },
    get jwt() {
      const values = new Map(
        [...SOURCES, ...NEEDED].map((name) => [name, filled(variables, name)]),
      );
      if ([...values.values()].every((value) => value === undefined)) return undefined;
      const given = SOURCES.filter((name) => values.get(name) !== undefined);
      if (given.length !== 1) {
        const problem = `${given.length === 0 ? 'is missing' : `is one of ${given.length} keys`}; set exactly one of ${SOURCES.join(', ')}`;
        throw invalid(given[1] ?? SOURCES[0], problem);
      }
      const needed = (name: (typeof NEEDED)[number]): string => {
        const value = values.get(name);
        if (value === undefined) throw invalid(name, `is missing; ${given[0]} needs it`);
        return value;
      };
      return {
        secret: values.get('TASKER_JWT_SECRET'),
        publicKey: values.get('TASKER_JWT_PUBLIC_KEY')?.replaceAll(String.raw`\n`, '\n'),
        jwksUrl: values.get('TASKER_JWT_JWKS_URL'),
        algorithms: needed('TASKER_JWT_ALGORITHMS')
          .split(',')
          .map((name) => name.trim()),
        issuer: needed('TASKER_JWT_ISSUER'),
        audience: needed('TASKER_JWT_AUDIENCE'),
      };
    },
  };
}

function filled(variables: Variables, name: string): string | undefined {
  const value = variables[name];
  if (value !== undefined && value.trim() === '') {
    throw invalid(name, 'is empty, which is neither on nor off; give it a value, or unset it');
  }
  return value;
}

function invalid(option: string, problem: string): TaskerError<'INVALID_OPTION'> {
  return new TaskerError('INVALID_OPTION', { option, problem });
}
