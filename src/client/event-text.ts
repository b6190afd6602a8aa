import type { Milliseconds } from '../kernel/duration.ts';

/** One block of a stream of server-sent events. */
export interface EventBlock {
  /** The kind; null for a block that tells nothing (a comment, a new id, a new time to come back). */
  readonly event: string | null;
  readonly data: string;
  readonly id: string | null;
  readonly retryMs: Milliseconds | null;
}

/** Splits text that arrives in pieces into blocks; what is not complete waits for the next piece. */
export function createEventParser(): (piece: string) => readonly EventBlock[] {
  let rest = '';
  return (piece) => {
    const blocks = (rest + piece).replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.map(parseBlock);
  };
}

function parseBlock(text: string): EventBlock {
  const fields = text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    return name === '' ? [] : [[name, value] as const]; // without a name it is a comment
  });
  const last = (wanted: string): string | null =>
    fields.findLast(([name]) => name === wanted)?.[1] ?? null;
  const data = fields.flatMap(([name, value]) => (name === 'data' ? [value] : []));
  const retry = last('retry');
  return {
    event: data.length === 0 ? null : (last('event') ?? 'message'),
    data: data.join('\n'),
    id: last('id'),
    retryMs: retry !== null && /^\d{1,9}$/.test(retry) ? Number(retry) : null,
  };
}
