import { isTaskSettled } from '../../model/status.ts';
import type { TaskProgress } from '../../engine/progress.ts';

/** How long a client waits before it comes back by itself. */
const RETRY_MS = 2_000;

const encoder = new TextEncoder();

/** The first bytes of every stream. */
export const HELLO = encoder.encode(`retry: ${RETRY_MS}\n\n`);

/** Keeps proxies from closing a stream that has not begun. */
export const SIGN_OF_LIFE = encoder.encode(': ping\n\n');

/** One task as it is now. */
export function taskFrame(id: string, { task, steps, changedAt }: TaskProgress): Uint8Array {
  return frame(id, 'task', {
    task_id: task.taskId,
    namespace: task.namespace,
    name: task.name,
    status: task.status,
    is_settled: isTaskSettled(task.status),
    updated_at: changedAt.toISOString(),
    steps,
  });
}

/** Whoever shows anything fetches it now. */
export function resetFrame(id: string): Uint8Array {
  return frame(id, 'reset', {});
}

/** The last event of a stream that was to end with its task. */
export function endFrame(id: string, { task }: TaskProgress): Uint8Array {
  return frame(id, 'end', { task_id: task.taskId, status: task.status });
}

/** The same for a watcher who knows everything up to here. The id moves the client's on, although it was told nothing. */
export function pingFrame(id: string): Uint8Array {
  return encoder.encode(`: ping\nid: ${id}\n\n`);
}

/** The last bytes of a stream whose server goes away: when to come back. */
export function goodbye(retryMs: number): Uint8Array {
  return encoder.encode(`retry: ${Math.round(retryMs)}\n\n`);
}

/** Frames as one chunk. */
export function joined(frames: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const one of frames) {
    all.set(one, offset);
    offset += one.length;
  }
  return all;
}

function frame(id: string, event: string, data: object): Uint8Array {
  return encoder.encode(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
