import type { LiveHub } from '../../src/api/live/hub.ts';
import type { WatchRequest } from '../../src/api/live/watcher.ts';
import { until } from '../support/engine.ts';

/** One event as a client of a stream gets it. */
export interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A client of one stream, which reads as a browser does. */
export interface Client {
  readonly events: readonly Event[];
  /** The id that it would come back with. */
  readonly lastEventId: () => string;
  readonly comments: () => number;
  readonly isEnded: () => boolean;
  /** The raw text. */
  readonly text: () => string;
  /** Waits for the first event for which this holds. */
  next(what: string, which: (event: Event) => boolean): Promise<Event>;
  /** Goes away. */
  leave(): void;
}

/** Watches with a hub. */
export function watch(
  hub: LiveHub,
  what: { readonly taskId: number } | { readonly filter: object },
  more: Partial<WatchRequest> = {},
): Client {
  const leaving = new AbortController();
  const request = {
    namespaces: null,
    isAllowed: () => true,
    lastEventId: null,
    until: null,
    signal: leaving.signal,
    ...what,
    ...more,
  } as WatchRequest; // sound: a target and every other member
  return read(hub.watch(request), () => leaving.abort());
}

/** Reads a stream to its end. */
export function read(response: Response, leave: () => void): Client {
  const events: Event[] = [];
  const seen = { text: '', comments: 0, lastEventId: '', isEnded: false };
  let rest = '';
  const take = (chunk: string): void => {
    seen.text += chunk;
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
        }),
      );
      seen.lastEventId = fields.get('id') ?? seen.lastEventId;
      if (fields.has('')) seen.comments += 1;
      const data = fields.get('data');
      if (data !== undefined)
        events.push({
          id: seen.lastEventId,
          event: fields.get('event') ?? 'message',
          data: JSON.parse(data) as Record<string, unknown>,
        });
    }
  };
  void (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) take(decoder.decode(chunk, { stream: true }));
    } catch {
      // the client went away
    }
    seen.isEnded = true;
  })();
  return {
    events,
    lastEventId: () => seen.lastEventId,
    comments: () => seen.comments,
    isEnded: () => seen.isEnded,
    text: () => seen.text,
    async next(what, which) {
      await until(what, () => events.some(which));
      const found = events.find(which);
      if (!found) throw new Error(`there is no event: ${what}`);
      return found;
    },
    leave,
  };
}
