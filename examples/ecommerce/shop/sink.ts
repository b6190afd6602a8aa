import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

/** An event that was published, as the sink keeps it. */
export interface PublishedEvent {
  /** 1 for the first one; one more for each that follows. */
  readonly id: number;
  readonly idempotencyKey: string;
  readonly receivedAt: string;
  /** What the publisher sent. */
  readonly event: unknown;
}

/** `created` is false when the key was known: the answer is then the event of the first time. `conflict`: known, but with other content. */
export type SinkAnswer =
  | { readonly kind: 'stored'; readonly created: boolean; readonly stored: PublishedEvent }
  | { readonly kind: 'conflict'; readonly stored: PublishedEvent };

export interface EventSink {
  publish(idempotencyKey: string, event: unknown): SinkAnswer;
  list(): readonly PublishedEvent[];
}

/**
 * The place that events are published to: one line of JSON per event, appended to a file and flushed to the disk before it is acknowledged.
 * The same key twice keeps one event, also after a restart. A line that a crash cut short was never acknowledged, and is removed.
 *
 * @param file where the events are kept; null keeps them in memory
 * @param now the clock that `receivedAt` comes from
 */
export function openSink(file: string | null, now: () => Date): EventSink {
  const events = file === null ? [] : readEvents(file);
  const byKey = new Map(events.map((event) => [event.idempotencyKey, event]));
  return {
    publish(idempotencyKey, event) {
      const known = byKey.get(idempotencyKey);
      if (known) {
        const same = JSON.stringify(known.event) === JSON.stringify(event);
        return same
          ? { kind: 'stored', created: false, stored: known }
          : { kind: 'conflict', stored: known };
      }
      const stored = {
        id: events.length + 1,
        idempotencyKey,
        receivedAt: now().toISOString(),
        event,
      };
      if (file !== null) appendFileSync(file, `${JSON.stringify(stored)}\n`, { flush: true });
      events.push(stored);
      byKey.set(idempotencyKey, stored);
      return { kind: 'stored', created: true, stored };
    },
    list: () => events,
  };
}

function readEvents(file: string): PublishedEvent[] {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) truncateSync(file, end);
  return bytes
    .subarray(0, end)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): PublishedEvent => JSON.parse(line));
}
