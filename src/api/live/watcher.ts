import type { TaskFilter } from '../../engine/list-types.ts';
import { isTaskSettled } from '../../model/status.ts';
import type { LiveFilter } from './match.ts';
import { endFrame } from './frames.ts';
import type { LiveStream } from './sse.ts';
import type { Subject } from './subject.ts';

/** Who watches, and what. */
export type WatchRequest = {
  /** Only tasks of these namespaces are told; null means all. */
  readonly namespaces: readonly string[] | null;
  /** Asked again every minute; false, or an error, ends the stream. */
  readonly isAllowed: () => boolean | Promise<boolean>;
  /** The Last-Event-ID of a client that comes back. */
  readonly lastEventId: string | null;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
} & (
  | {
      /** Every task of the list that this filter gives, whatever its status; orders and pages are nothing here. */
      readonly filter: TaskFilter;
      readonly until: null;
    }
  | {
      readonly taskId: number;
      /** `settled` ends the stream once the task is settled. */
      readonly until: 'settled' | null;
    }
);

/** Somebody who watches one task. */
export interface TaskWatcher {
  readonly stream: LiveStream;
  readonly namespaces: ReadonlySet<string> | null;
  readonly endsSettled: boolean;
  /** It has been told the state from which it watches on. */
  isGreeted: boolean;
}

/** Somebody who watches a list. */
export interface ListWatcher {
  readonly stream: LiveStream;
  readonly lastEventId: string | null;
  /** It has been told from where it watches on. */
  isGreeted: boolean;
}

/** Everybody who watches the same list. */
export interface ListGroup {
  readonly filter: LiveFilter;
  readonly watchers: Set<ListWatcher>;
}

/** Tells a task to one who watches it, and ends the stream if that was what it waited for. */
export function tellTask(
  watcher: TaskWatcher,
  subject: Subject,
  { id, frame }: { readonly id: string; readonly frame: Uint8Array },
): void {
  const { taskId, namespace, status } = subject.task;
  if (watcher.namespaces !== null && !watcher.namespaces.has(namespace)) return;
  watcher.isGreeted = true;
  const isEnd = watcher.endsSettled && isTaskSettled(status);
  watcher.stream.tell({ taskId, frame, ...(isEnd && { end: endFrame(id, subject) }) });
}
