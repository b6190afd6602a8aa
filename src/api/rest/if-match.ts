import { TaskerError } from '../../kernel/errors.ts';

/**
 * The revision that a change is meant for, from `If-Match: "<revision>"`; nothing where the header is absent or `*`.
 * @param what the thing that is changed, for the error
 * @throws REVISION_CONFLICT for what no revision can be: it is not the present one; MALFORMED_REQUEST
 */
export function ifRevision(request: Request, what: string): { readonly ifRevision?: string } {
  const header = request.headers.get('if-match');
  if (header === null || header.trim() === '*') return {};
  const revision = /^\s*"([\w-]{1,32})"\s*$/.exec(header)?.[1];
  if (revision === undefined) {
    const problem = 'If-Match must be one revision in quotes';
    throw new TaskerError('MALFORMED_REQUEST', { problem });
  }
  if (!/^\d{1,10}$/.test(revision)) throw new TaskerError('REVISION_CONFLICT', { what });
  return { ifRevision: revision };
}
