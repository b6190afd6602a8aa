import { randomUUID } from 'node:crypto';
import { fullJitter } from '../../db/pause.ts';
import { systemPorts } from '../../kernel/ports.ts';
import { TaskerError } from '../../kernel/errors.ts';
import { silentLogger, type Logger } from '../../kernel/logger.ts';
import { goodbye, pingFrame, resetFrame, SIGN_OF_LIFE, taskFrame } from './frames.ts';
import { compileFilter } from './match.ts';
import { LiveReader, type WatchedTasker } from './reader.ts';
import { createRing, type Published } from './ring.ts';
import { LiveStream } from './sse.ts';
import type { Needs, Subject } from './subject.ts';
import {
  tellTask,
  type ListGroup,
  type ListWatcher,
  type TaskWatcher,
  type WatchRequest,
} from './watcher.ts';

/** Streams of one hub; one look compares so many tasks in one statement. */
const MOST_WATCHERS = 10_000;

export interface LiveHubOptions {
  /** Time between two signs of life on a stream. @default 15000 */
  readonly heartbeatMs?: number;
  /** Least time between two reads, so between two events about one task. @default 250 */
  readonly tickMs?: number;
  /** Time between two looks for changes that no hint told. @default 5000, and 1000 where other processes cannot be heard */
  readonly lookMs?: number;
  /** For how long an answer about the permission of a watcher holds. @default 60000 */
  readonly recheckMs?: number;
  /** Changes that are kept for watchers who come back. @default 1000 */
  readonly ringSize?: number;
  /** For how long changes are still followed after the last watcher has gone, so that it may come back. @default 30000 */
  readonly lingerMs?: number;
  /** Says nothing by default. */
  readonly logger?: Logger;
}

/** The live streams of one mounted interface. */
export interface LiveHub {
  /**
   * A stream of server-sent events, as a response. A stream about a task begins with the task as it is; one about a list begins with
   * `reset` (fetch the list now), or with what was missed since `lastEventId`. @throws SERVER_OVERLOADED above 10,000 streams
   */
  watch(request: WatchRequest): Response;
  /** Open streams. */
  readonly watchers: number;
  /** Ends every stream, saying when to come back. Twice is fine. */
  close(): void;
}

/** Makes a hub. It costs nothing while nobody watches. */
export function createLiveHub(tasker: WatchedTasker, options: LiveHubOptions = {}): LiveHub {
  return new Hub(tasker, {
    heartbeatMs: 15_000,
    tickMs: 250,
    recheckMs: 60_000,
    ringSize: 1_000,
    lingerMs: 30_000,
    logger: silentLogger,
    lookMs: null,
    ...options,
  });
}

type Settings = Required<Omit<LiveHubOptions, 'lookMs'>> & { readonly lookMs: number | null };

/**
 * I1: whatever the number of watchers, a change is read once, matched once per distinct filter and encoded once.
 * I2: everything about tasks is told in the order of `seq`; the id of an event says up to where a watcher knows everything.
 * I3: an id is accepted again only while every change after it is in the ring; otherwise the watcher is told to fetch.
 * I4: a watcher of a list is told to begin only when no later change can stay unseen.
 */
class Hub implements LiveHub {
  readonly #settings: Settings;
  readonly #reader: LiveReader;
  readonly #ring;
  readonly #tasks = new Map<number, Set<TaskWatcher>>();
  readonly #lists = new Map<string, ListGroup>();
  readonly #streams = new Set<LiveStream>();
  readonly #boot = randomUUID().slice(0, 8);
  #seq = 0;
  #heartbeat: NodeJS.Timeout | null = null;
  #linger: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(tasker: WatchedTasker, settings: Settings) {
    this.#settings = settings;
    this.#ring = createRing(settings.ringSize);
    const host = {
      watchedIds: () => [...this.#tasks.keys()],
      isWatched: (taskId: number) => this.#tasks.has(taskId),
      hasLists: () => this.#lists.size > 0 || this.#reader.isCovered,
      needs: () => this.#needs(),
      onTask: (subject: Subject, isNews: boolean) => this.#onTask(subject, isNews),
      onReset: () => this.#resetLists(),
      onCovered: () => this.#onCovered(),
    };
    this.#reader = new LiveReader(tasker, host, settings);
  }

  get watchers(): number {
    return this.#streams.size;
  }

  watch(request: WatchRequest): Response {
    if (this.#isClosed || this.#streams.size >= MOST_WATCHERS)
      throw new TaskerError('SERVER_OVERLOADED', {});
    let leave = (): void => undefined;
    const stream = new LiveStream({
      isAllowed: request.isAllowed,
      signal: request.signal,
      recheckMs: this.#settings.recheckMs,
      resetFrame: () => resetFrame(this.#id),
      onClosed: () => this.#left(stream, leave),
    });
    this.#streams.add(stream);
    this.#begin();
    leave =
      'taskId' in request ? this.#watchTask(request, stream) : this.#watchList(request, stream);
    if (request.signal.aborted) stream.close();
    return stream.response();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.#streams)
      stream.finish(goodbye(1_000 + fullJitter(4_000, systemPorts.random)));
    this.#stop();
  }

  #watchTask(request: Extract<WatchRequest, { taskId: number }>, stream: LiveStream): () => void {
    const { taskId, namespaces, lastEventId } = request;
    const watcher: TaskWatcher = {
      stream,
      namespaces: namespaces === null ? null : new Set(namespaces),
      endsSettled: request.until === 'settled',
      isGreeted: false,
    };
    const watchers = this.#tasks.get(taskId) ?? new Set();
    this.#tasks.set(taskId, watchers.add(watcher));
    if (lastEventId !== null && this.#missedSince(lastEventId) === null) stream.reset();
    this.#reader.greet(taskId);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#tasks.delete(taskId);
    };
  }

  #watchList(request: Extract<WatchRequest, { filter: object }>, stream: LiveStream): () => void {
    const filter = compileFilter(request.filter, request.namespaces);
    const group = this.#lists.get(filter.key) ?? { filter, watchers: new Set() };
    const watcher: ListWatcher = { stream, lastEventId: request.lastEventId, isGreeted: false };
    this.#lists.set(filter.key, group);
    group.watchers.add(watcher);
    if (this.#reader.isCovered) this.#greet(watcher, group);
    else this.#reader.cover();
    return () => {
      group.watchers.delete(watcher);
      if (group.watchers.size === 0) this.#lists.delete(filter.key);
    };
  }

  /** From where a list is watched on: from what was missed, or from what is fetched now. */
  #greet(watcher: ListWatcher, { filter }: ListGroup): void {
    watcher.isGreeted = true;
    const missed = this.#missedSince(watcher.lastEventId);
    if (missed === null || (missed.length > 0 && !filter.isReplayable))
      return watcher.stream.reset();
    for (const { subject, frame } of missed) {
      if (filter.matches(subject)) watcher.stream.tell({ taskId: subject.task.taskId, frame });
    }
  }

  #missedSince(lastEventId: string | null): readonly Published[] | null {
    const [, boot, seq] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(lastEventId ?? '') ?? [];
    if (boot !== this.#boot || Number(seq) > this.#seq) return null;
    return this.#ring.after(Number(seq));
  }

  #onTask(subject: Subject, isNews: boolean): void {
    if (isNews) this.#seq += 1;
    const id = this.#id;
    const frame = taskFrame(id, subject);
    for (const watcher of this.#tasks.get(subject.task.taskId) ?? []) {
      if (isNews || !watcher.isGreeted) tellTask(watcher, subject, { id, frame });
    }
    if (isNews) this.#publish(subject, frame);
  }

  #publish(subject: Subject, frame: Uint8Array): void {
    for (const { filter, watchers } of this.#lists.values()) {
      if (!filter.matches(subject)) continue;
      for (const { stream, isGreeted } of watchers)
        if (isGreeted) stream.tell({ taskId: subject.task.taskId, frame });
    }
    const task = { ...subject.task, context: null }; // contexts may be large, and would be kept for long
    this.#ring.add({ seq: this.#seq, subject: { ...subject, task, annotations: [] }, frame });
  }

  #onCovered(): void {
    this.#cut();
    for (const group of this.#lists.values())
      for (const watcher of group.watchers) if (!watcher.isGreeted) this.#greet(watcher, group);
  }

  #resetLists(): void {
    this.#cut();
    for (const { watchers } of this.#lists.values())
      for (const { stream } of watchers) stream.reset();
  }

  /** What was known before is not known completely any more. */
  #cut(): void {
    this.#seq += 1;
    this.#ring.cut(this.#seq);
  }

  #needs(): Needs {
    const filters = [...this.#lists.values()].map((group) => group.filter);
    return {
      systems: filters.some(({ needs }) => needs.systems),
      annotations: filters.some(({ needs }) => needs.annotations),
    };
  }

  get #id(): string {
    return `${this.#boot}-${this.#seq}`;
  }

  #begin(): void {
    this.#reader.start();
    if (this.#heartbeat !== null) return;
    this.#heartbeat = setInterval(() => this.#ping(), this.#settings.heartbeatMs);
    this.#heartbeat.unref();
  }

  /** The id goes only to those who have been told where they begin. */
  #ping(): void {
    const frame = pingFrame(this.#id);
    const unready = new Set(
      [...this.#lists.values(), ...[...this.#tasks.values()].map((watchers) => ({ watchers }))]
        .flatMap(({ watchers }) => [...watchers])
        .flatMap((watcher) => (watcher.isGreeted ? [] : [watcher.stream])),
    );
    for (const stream of this.#streams) stream.ping(unready.has(stream) ? SIGN_OF_LIFE : frame);
  }

  #left(stream: LiveStream, leave: () => void): void {
    this.#streams.delete(stream);
    leave();
    if (this.#isClosed) return;
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#settleDown(), this.#settings.lingerMs);
    this.#linger.unref();
  }

  /** Nobody came back. */
  #settleDown(): void {
    if (this.#lists.size === 0) this.#reader.uncover();
    if (this.#streams.size === 0) this.#stop();
  }

  #stop(): void {
    this.#reader.stop();
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#heartbeat = null;
  }
}
