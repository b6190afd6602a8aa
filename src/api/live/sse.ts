import { HELLO, joined } from './frames.ts';

/** Told to a stream: the frame, and the task that it is about. */
export interface Told {
  readonly taskId: number;
  readonly frame: Uint8Array;
  /** The last frame of a stream that ends after this one. */
  readonly end?: Uint8Array;
}

export interface StreamOptions {
  /** Whether the watcher may still watch; false, or an error, ends the stream. */
  readonly isAllowed: () => boolean | Promise<boolean>;
  readonly recheckMs: number;
  readonly resetFrame: () => Uint8Array;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Called once, whatever ended the stream. */
  readonly onClosed: () => void;
}

/** Pending tasks above which a slow reader is told to fetch everything instead. */
const MOST_PENDING = 1_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
} as const;

/**
 * One watcher's stream of server-sent events.
 *
 * I1: bounded: what a slow reader has not taken is kept once per task, as the newest frame; above 1,000 it is replaced by a
 *     single reset. At most one chunk waits in the stream itself.
 * I2: nothing about tasks leaves while the permission is older than `recheckMs`, or is being asked for.
 * I3: `onClosed` is called exactly once, at once, for the client's going, for the end, and for a refusal.
 */
export class LiveStream {
  readonly #options: StreamOptions;
  readonly #pending = new Map<number, Uint8Array>();
  readonly #onAbort = (): void => this.close();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #reset: Uint8Array | null = null;
  #end: Uint8Array | null = null;
  #checkedAtMs = performance.now();
  #isChecking = false;
  #isClosed = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The answer that carries the stream; asked for once. */
  response(): Response {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          if (this.#isClosed) return controller.close();
          controller.enqueue(HELLO);
        },
        pull: () => this.#flush(),
        cancel: () => this.close(),
      },
      { highWaterMark: 1 },
    );
    return new Response(body, { headers: HEADERS });
  }

  tell({ taskId, frame, end }: Told): void {
    if (this.#isClosed) return;
    this.#pending.delete(taskId); // the newest is told last, in the order of the changes
    this.#pending.set(taskId, frame);
    if (end !== undefined) this.#end = end;
    if (this.#pending.size > MOST_PENDING) return this.reset();
    this.#flush();
  }

  /** Whatever was pending is covered by this. */
  reset(): void {
    if (this.#isClosed) return;
    this.#pending.clear();
    this.#reset = this.#options.resetFrame();
    this.#flush();
  }

  /** A sign of life: only for a reader that has taken everything. */
  ping(frame: Uint8Array): void {
    if (this.#isClosed || this.#isChecking) return;
    if (this.#isCheckDue()) void this.#recheck();
    else if (this.#isEmpty() && this.#hasRoom()) this.#controller?.enqueue(frame);
  }

  /** Ends the stream with a last frame, which a slow reader may not get. */
  finish(last: Uint8Array): void {
    if (!this.#isClosed && this.#hasRoom()) this.#controller?.enqueue(last);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pending.clear();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    try {
      this.#controller?.close();
    } catch {
      // cancelled by its reader: it is closed already
    }
    this.#options.onClosed();
  }

  #flush(): void {
    if (this.#isClosed || this.#isEmpty() || !this.#hasRoom() || this.#isChecking) return;
    if (this.#isCheckDue()) return void this.#recheck();
    const frames = [this.#reset, ...this.#pending.values(), this.#end].filter(
      (frame) => frame !== null,
    );
    const isLast = this.#end !== null;
    this.#reset = null;
    this.#end = null;
    this.#pending.clear(); // before the chunk goes: a waiting reader asks for the next one at once
    this.#controller?.enqueue(joined(frames));
    if (isLast) this.close();
  }

  async #recheck(): Promise<void> {
    this.#isChecking = true;
    let isAllowed = false;
    try {
      isAllowed = await this.#options.isAllowed();
    } catch {
      isAllowed = false; // who cannot be asked says no
    }
    this.#isChecking = false;
    this.#checkedAtMs = performance.now();
    if (isAllowed) this.#flush();
    else this.close();
  }

  #isCheckDue(): boolean {
    return performance.now() - this.#checkedAtMs >= this.#options.recheckMs;
  }

  #isEmpty(): boolean {
    return this.#pending.size === 0 && this.#reset === null && this.#end === null;
  }

  #hasRoom(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }
}
