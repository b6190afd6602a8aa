import { endEventDto, taskEventDto } from '../contract/dto/event.ts';
import type { Endpoint } from '../contract/endpoint.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import { isTaskerError } from '../kernel/errors.ts';
import { errorOf, remoteError, retryAfterOf } from './answer.ts';
import { createEventParser, type EventBlock } from './event-text.ts';
import { send } from './exchange.ts';
import type { ClientSettings } from './options.ts';
import type { AnyCall } from './outgoing.ts';
import { rest } from './rest.ts';
import type { TaskerEvent } from './types.ts';

const FIRST_RETRY_MS: Milliseconds = 2_000;
const LONGEST_RETRY_MS: Milliseconds = 30_000;

/** Where a watcher stands between two connections. */
interface Standing {
  lastEventId: string | null;
  retryMs: Milliseconds;
  /** Connections in a row that told nothing. */
  failures: number;
}

/**
 * The events of a stream, for as long as they are iterated over. A lost connection is made anew from the last event that was seen.
 * It ends with an `end` event, when the iteration ends, and when the signal is aborted.
 *
 * @throws (while iterating) what the server tells a caller who may not watch, or asks for what is not there; REMOTE_ERROR
 */
export async function* watch(
  settings: ClientSettings,
  endpoint: Endpoint,
  call: AnyCall,
): AsyncGenerator<TaskerEvent, void, undefined> {
  const standing: Standing = { lastEventId: null, retryMs: FIRST_RETRY_MS, failures: 0 };
  while (call.signal?.aborted !== true) {
    const connection = new AbortController();
    const leave = (): void => connection.abort();
    call.signal?.addEventListener('abort', leave, { once: true });
    try {
      for await (const event of connect(settings, endpoint, { call, standing, connection })) {
        yield event;
        if (event.event === 'end') return;
      }
    } finally {
      call.signal?.removeEventListener('abort', leave);
      connection.abort(); // whoever stops iterating holds no connection
    }
    const restMs = Math.min(standing.retryMs * 2 ** standing.failures, LONGEST_RETRY_MS);
    standing.failures = Math.min(standing.failures + 1, 4);
    await rest(restMs, call.signal).catch(() => undefined); // aborted: the loop ends
  }
}

interface Connecting {
  readonly call: AnyCall;
  readonly standing: Standing;
  readonly connection: AbortController;
}

/** The events of one connection. It ends silently when the connection is lost or was never made. */
async function* connect(
  settings: ClientSettings,
  endpoint: Endpoint,
  { call, standing, connection }: Connecting,
): AsyncGenerator<TaskerEvent, void, undefined> {
  const { lastEventId } = standing;
  const headers = {
    ...call.headers,
    ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
  };
  const sent = send(settings, endpoint, { ...call, headers, signal: connection.signal });
  const response = await inTime(lost(sent), settings.silenceMs);
  if (response === null) return;
  if (response.status !== 200) {
    standing.retryMs = retryAfterOf(response) ?? standing.retryMs;
    const error = errorOf(response, (await lost(response.text())) ?? '');
    if (isLasting(response.status)) throw error;
    return;
  }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const parse = createEventParser();
  for (;;) {
    const piece = await inTime(lost(reader?.read() ?? Promise.resolve(null)), settings.silenceMs);
    if (piece === null || piece.done) return;
    for (const block of parse(piece.value)) {
      standing.lastEventId = block.id ?? standing.lastEventId;
      standing.retryMs = block.retryMs ?? standing.retryMs;
      const event = eventOf(block, standing.lastEventId ?? '', response);
      if (event === null) continue;
      standing.failures = 0;
      yield event;
    }
  }
}

/** Whether the same request would be refused again. */
function isLasting(status: number): boolean {
  return status < 500 && status !== 408 && status !== 429;
}

/** An event that is known here; a newer server may tell others. @throws REMOTE_ERROR for one in another form */
function eventOf({ event, data }: EventBlock, id: string, response: Response): TaskerEvent | null {
  if (event === 'reset') return { event, id };
  if (event !== 'task' && event !== 'end') return null;
  try {
    const content: unknown = JSON.parse(data);
    return event === 'task'
      ? { event, id, data: taskEventDto.parse(content) }
      : { event, id, data: endEventDto.parse(content) };
  } catch (cause) {
    throw remoteError(response, null, `an event of another form: ${String(cause)}`);
  }
}

/** null where the network fails: the next connection tells what was missed. */
async function lost<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isTaskerError(error)) throw error;
    return null;
  }
}

async function inTime<T>(work: Promise<T>, ms: Milliseconds): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
