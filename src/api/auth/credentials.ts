/** The longest credential that is looked at. */
const MAX_LENGTH = 8_192;

const BEARER = /^bearer {1,4}([A-Za-z0-9._~+/=-]+)$/i;

/** The token of `Authorization: Bearer …`, or null. */
export function bearerToken(request: Request): string | null {
  const header = request.headers.get('authorization');
  if (header === null || header.length > MAX_LENGTH) return null;
  return BEARER.exec(header)?.[1] ?? null;
}

/**
 * The API key of a request: from `Authorization: Bearer …`, otherwise from `X-Api-Key`. Never from the address, which ends up in logs,
 * histories and referrers.
 */
export function presentedKey(request: Request): string | null {
  const bearer = bearerToken(request);
  if (bearer !== null) return bearer;
  const header = request.headers.get('x-api-key');
  return header === null || header === '' || header.length > MAX_LENGTH ? null : header;
}
