import { TaskerError } from '../../kernel/errors.ts';

/** The revision that a change is meant for, from `If-Match: "<revision>"`; nothing where the header is absent or `*`. */
export function ifRevision(request: Request): { readonly ifRevision?: string } {
  const header = request.headers.get('if-match');
  if (header === null || header.trim() === '*') return {};
  const revision = /^\s*"([\w-]{1,32})"\s*$/.exec(header)?.[1];
  if (revision === undefined) {
    const problem = 'If-Match must be one revision in quotes';
    throw new TaskerError('MALFORMED_REQUEST', { problem });
  }
  return { ifRevision: revision };
}
