import type { JwtEnvironment, SecurityEnvironment } from '../../config/security-environment.ts';
import type { Authenticator } from '../../contract/principal.ts';
import { isTaskerError, TaskerError } from '../../kernel/errors.ts';
import { jwt } from './jwt.ts';
import { parseStaticKeys, staticKeyAuthenticator } from './static-keys.ts';

/** The variable behind each option that a message may name. */
const VARIABLES: Readonly<Record<string, string>> = {
  'jwt.secret': 'TASKER_JWT_SECRET',
  'jwt.publicKey': 'TASKER_JWT_PUBLIC_KEY',
  'jwt.jwksUrl': 'TASKER_JWT_JWKS_URL',
  'jwt.algorithms': 'TASKER_JWT_ALGORITHMS',
  'jwt.issuer': 'TASKER_JWT_ISSUER',
  'jwt.audience': 'TASKER_JWT_AUDIENCE',
};

/**
 * The authenticators that the environment configures: static keys, then tokens; none when no variable is set.
 * @throws INVALID_OPTION naming the variable and what is allowed, never a secret
 */
export function environmentAuthenticators(security: SecurityEnvironment): readonly Authenticator[] {
  const { apiKeys, jwt } = security;
  return [
    ...(apiKeys === undefined ? [] : [staticKeyAuthenticator(parseStaticKeys(apiKeys))]),
    ...(jwt === undefined ? [] : [tokens(jwt)]),
  ];
}

function tokens({ secret, publicKey, jwksUrl, ...checks }: JwtEnvironment): Authenticator {
  try {
    return jwt({
      ...checks,
      ...(secret === undefined ? {} : { secret }),
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(jwksUrl === undefined ? {} : { jwksUrl }),
    });
  } catch (error) {
    if (!isTaskerError(error, 'INVALID_OPTION')) throw error;
    const { option, problem } = error.details;
    throw new TaskerError(
      'INVALID_OPTION',
      { option: VARIABLES[option] ?? option, problem },
      { cause: error },
    );
  }
}
