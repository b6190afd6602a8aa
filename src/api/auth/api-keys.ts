import type { Authenticator } from '../../contract/principal.ts';
import type { ApiKeys } from '../../engine/api-keys.ts';
import { presentedKey } from './credentials.ts';

/** Recognises the API keys of a Tasker (`tasker.apiKeys`), from `Authorization: Bearer tk_…` or `X-Api-Key: tk_…`. */
export function apiKeyAuthenticator(apiKeys: Pick<ApiKeys, 'authenticate'>): Authenticator {
  return (request) => {
    const key = presentedKey(request);
    return key === null ? null : apiKeys.authenticate(key);
  };
}
