import type { Hint } from './dispatcher.ts';

/** What goes over the channel. */
export type SentHint = Exclude<Hint, { readonly kind: 'gap' }>;

/** Ids that one payload names: 500 of 12 digits are 6,500 bytes, and NOTIFY takes fewer than 8,000. */
export const MAX_CHANGED_IDS = 500;

/** The text of a hint on the channel. `sender` marks the hints that their own process must not hear again. */
export function writePayload(hint: SentHint, sender: string): string {
  switch (hint.kind) {
    case 'work':
      return 'work';
    case 'taken':
      return `taken:${hint.taskId}`;
    case 'watching':
      return `watching:${sender}`;
    case 'changed':
      return `changed:${sender}:${hint.taskIds === null ? '*' : hint.taskIds.join(',')}`;
  }
}

/** Reads it back; null for what this process sent itself. What is not understood may be about work. */
export function readPayload(payload: string, self: string): Hint | null {
  const taken = /^taken:(\d{1,12})$/.exec(payload)?.[1];
  if (taken !== undefined) return { kind: 'taken', taskId: Number(taken) };
  const told = /^(watching|changed):(\w+)(?::(\*|[\d,]+))?$/.exec(payload);
  if (told === null) return { kind: 'work' };
  const [, kind, sender, ids = '*'] = told;
  if (sender === self) return null;
  if (kind === 'watching') return { kind: 'watching' };
  return { kind: 'changed', taskIds: ids === '*' ? null : ids.split(',').map(Number) };
}
