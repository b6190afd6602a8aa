import type { Authenticator } from '../../contract/principal.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { presentedKey } from './credentials.ts';

/**
 * Recognises the keys that `tasker.apiKeys` and `tasker keys` make, in `Authorization: Bearer tk_…` or `X-Api-Key: tk_…`.
 *
 * ```ts
 * const api = createApi(tasker, { authenticate: anyOf(apiKeys(tasker), jwt({ … })) });
 * ```
 */
export function apiKeys(tasker: Pick<Tasker, 'apiKeys'>): Authenticator {
  return (request) => {
    const key = presentedKey(request);
    return key === null ? null : tasker.apiKeys.authenticate(key);
  };
}
