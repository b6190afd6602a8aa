import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TaskCursor } from '../../engine/list-types.ts';
import { canonicalJson, type Json } from '../../kernel/json.ts';
import { TaskerError } from '../../kernel/errors.ts';

/**
 * A place in a list as opaque text. It is signed together with the filter and the order, so that a cursor that was made up, or that
 * belongs to another list, is refused instead of giving a page of something else. It holds nothing secret and opens nothing: whoever
 * has it sees only what they may list anyway, so the key is fixed and every server of a fleet reads every other's.
 */
const KEY = 'tasker list cursor 1';

export function encodeCursor(cursor: TaskCursor, list: Json): string {
  const place = JSON.stringify([cursor.taskId, cursor.at?.getTime() ?? null]);
  return `${Buffer.from(place).toString('base64url')}.${sign(place, list).toString('base64url')}`;
}

/** @throws INVALID_REQUEST */
export function decodeCursor(text: string, list: Json): TaskCursor {
  const [place = '', signature = ''] = text
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  const expected = sign(place, list);
  const given = Buffer.from(signature, 'latin1');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    const problem = 'cursor is not one that this list gave out';
    throw new TaskerError('INVALID_REQUEST', {
      problem,
      problems: [{ path: 'cursor', message: problem }],
    });
  }
  const [taskId, at] = JSON.parse(place) as [number, number | null]; // sound: signed by encodeCursor
  return { taskId, at: at === null ? null : new Date(at) };
}

/** What makes two pages pages of the same list: every parameter but the page itself. */
export function listOf(query: Readonly<Record<string, unknown>>): Json {
  const { limit: _l, offset: _o, cursor: _c, embed: _e, count: _n, ...list } = query;
  return JSON.parse(JSON.stringify(list)) as Json; // sound: texts, lists of texts and moments
}

function sign(place: string, list: Json): Buffer {
  return createHmac('sha256', KEY)
    .update(`${place} ${canonicalJson(list)}`)
    .digest()
    .subarray(0, 12);
}
