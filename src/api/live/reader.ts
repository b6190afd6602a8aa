import { atMostEvery } from '../../dispatch/at-most-every.ts';
import type { TaskChange } from '../../engine/changes.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Tasker } from '../../tasker-interface.ts';
import { createNews } from './news.ts';
import { createSeen } from './seen.ts';
import type { Needs, Subject } from './subject.ts';

/** Tasks that one statement reads. */
const BATCH = 200;
/** Changed tasks that wait to be read, above which lists are fetched anew instead. */
const MOST_LISTED = 1_000;
/** How many of the newest tasks, and of the newest open ones, a look compares for lists. */
const NEWEST = 500;
/** Time between two looks where hints come from every process, and where others are not heard. */
const LOOK_MS = 5_000;
const UNHEARD_LOOK_MS = 1_000;
/** Lists are not told to fetch anew more often than this. */
const RESET_MS = 2_000;
/** How long to wait after the database could not be read. */
const REST_MS = 1_000;

/** What the reader needs of Tasker. */
export type WatchedTasker = Pick<
  Tasker,
  'onChange' | 'progress' | 'revisions' | 'about' | 'annotationsOfTasks' | 'storedDefinition'
>;

/** Who watches, and who is told. */
export interface ReaderHost {
  readonly watchedIds: () => readonly number[];
  readonly isWatched: (taskId: number) => boolean;
  readonly hasLists: () => boolean;
  readonly needs: () => Needs;
  /** A task as it is now. `isNews` is false when it was read only because somebody began to watch it. */
  readonly onTask: (subject: Subject, isNews: boolean) => void;
  /** Changes were lost, or are too many: lists are to be fetched anew. */
  readonly onReset: () => void;
  /** From now on no change to a list stays unseen: what is fetched now is the state that changes follow. */
  readonly onCovered: () => void;
}

export interface ReaderOptions {
  /** Time between two reads, so between two events about one task. */
  readonly tickMs: number;
  /** Time between two looks at the revisions; null for what fits the way in which hints come. */
  readonly lookMs: number | null;
  readonly logger: Logger;
}

/**
 * Finds out which of the watched tasks changed, and reads them: one statement per tick, however many watch.
 *
 * I1: hints make it quick, looks make it true: a change of a watched task that no hint told is found by comparing revisions; lists are
 *     covered so for their 500 newest and 500 newest open tasks.
 * I2: one read and one look at a time; after a failure what was to be read is still to be read.
 * I3: a task is news once per revision, whether a hint, a look or both told it.
 */
export class LiveReader {
  readonly #tasker: WatchedTasker;
  readonly #host: ReaderHost;
  readonly #options: ReaderOptions;
  readonly #news = createNews(MOST_LISTED);
  readonly #seen = createSeen();
  readonly #greetings = new Set<number>();
  readonly #systems = new Map<number, ReadonlySet<string>>();
  readonly #ticks;
  /** Looks out of turn, because hints were lost: in a flood of changes they are lost ten times a second. */
  readonly #extraLooks;
  #off: (() => void) | null = null;
  #looks: NodeJS.Timeout | null = null;
  #rest: NodeJS.Timeout | null = null;
  #hearsOthers: boolean | null = null;
  #isReading = false;
  #isLooking = false;
  #looksAgain = false;
  #isCovered = false;
  #isResetDue = false;
  #lastResetMs = -RESET_MS;

  constructor(tasker: WatchedTasker, host: ReaderHost, options: ReaderOptions) {
    this.#tasker = tasker;
    this.#host = host;
    this.#options = options;
    this.#ticks = atMostEvery(options.tickMs, () => void this.#tick());
    this.#extraLooks = atMostEvery(UNHEARD_LOOK_MS, () => void this.#look());
  }

  /** True while no change to a list stays unseen. */
  get isCovered(): boolean {
    return this.#isCovered;
  }

  /** Begins to listen and to look. Twice is fine. */
  start(): void {
    if (this.#off !== null) return;
    this.#off = this.#tasker.onChange((change) => this.#onChange(change));
    this.#lookLater(this.#options.lookMs ?? UNHEARD_LOOK_MS);
  }

  /** Stops and forgets. May be started again. */
  stop(): void {
    this.#off?.();
    this.#off = null;
    if (this.#looks !== null) clearTimeout(this.#looks);
    this.#looks = null;
    if (this.#rest !== null) clearTimeout(this.#rest);
    this.#rest = null;
    this.#isCovered = false;
    this.#isResetDue = false;
    this.#news.clear();
    this.#seen.clear();
    this.#greetings.clear();
    this.#systems.clear();
  }

  /** Reads a task for somebody who begins to watch it. */
  greet(taskId: number): void {
    this.#greetings.add(taskId);
    this.#ticks.ask();
  }

  /** Looks at once, so that lists are covered. */
  cover(): void {
    void this.#look();
  }

  /** Nobody watches lists any more. */
  uncover(): void {
    this.#isCovered = false;
    this.#isResetDue = false;
  }

  #onChange(change: TaskChange): void {
    if (this.#off === null) return;
    if ('everything' in change) {
      this.#askReset();
      this.#extraLooks.ask();
    } else this.#note(change.taskIds);
  }

  #note(taskIds: readonly number[]): void {
    const hasLists = this.#host.hasLists();
    for (const taskId of taskIds) {
      if (this.#host.isWatched(taskId)) this.#news.watched(taskId);
      else if (hasLists && !this.#isResetDue && !this.#news.listed(taskId)) this.#askReset();
    }
    if (!this.#news.isEmpty) this.#ticks.ask();
  }

  #askReset(): void {
    if (!this.#isCovered) return; // whoever waits for the cover is told then
    this.#isResetDue = true;
    this.#ticks.ask();
  }

  async #tick(): Promise<void> {
    if (this.#off === null || this.#isReading || this.#rest !== null) return; // asked again at the end
    this.#isReading = true;
    const hinted = this.#news.take(BATCH);
    const greeted = this.#takeGreetings(BATCH - hinted.size);
    try {
      this.#resetWhenDue();
      for (const subject of await this.#read([...new Set([...hinted, ...greeted])]))
        this.#tell(subject, hinted);
    } catch (error) {
      if (this.#off === null) return;
      this.#options.logger.warn({ err: error }, 'watched tasks could not be read; tried again');
      for (const taskId of greeted) this.#greetings.add(taskId);
      this.#note([...hinted]);
      this.#rest = setTimeout(() => {
        this.#rest = null;
        this.#ticks.ask();
      }, REST_MS);
      this.#rest.unref();
    } finally {
      this.#isReading = false;
    }
    if (!this.#news.isEmpty || this.#greetings.size > 0 || this.#isResetDue) this.#ticks.ask();
  }

  #takeGreetings(most: number): readonly number[] {
    const taken = [...this.#greetings].slice(0, most);
    for (const taskId of taken) this.#greetings.delete(taskId);
    return taken;
  }

  #resetWhenDue(): void {
    if (!this.#isResetDue || performance.now() - this.#lastResetMs < RESET_MS) return;
    this.#isResetDue = false;
    this.#lastResetMs = performance.now();
    this.#host.onReset();
  }

  /** A task that was never seen is news when a hint told it, and for lists, which may show it, in any case. */
  #tell(subject: Subject, hinted: ReadonlySet<number>): void {
    if (this.#off === null) return;
    const { taskId } = subject.task;
    const known = this.#seen.revisionOf(taskId);
    const isNews =
      known === undefined
        ? hinted.has(taskId) || this.#host.hasLists()
        : known !== subject.revision;
    this.#seen.note(taskId, subject.revision);
    this.#host.onTask(subject, isNews);
  }

  async #read(taskIds: readonly number[]): Promise<readonly Subject[]> {
    if (taskIds.length === 0) return [];
    const needs = this.#host.needs();
    const read = await this.#tasker.progress(taskIds);
    const notes = needs.annotations ? await this.#tasker.annotationsOfTasks(taskIds) : null;
    const subjects: Subject[] = [];
    for (const one of read) {
      const { taskId, definitionId } = one.task;
      const systems = needs.systems ? await this.#systemsOf(definitionId) : NONE;
      subjects.push({ ...one, systems, annotations: notes?.get(taskId) ?? [] });
    }
    return subjects;
  }

  /** A stored definition never changes, so each is read once. */
  async #systemsOf(definitionId: number): Promise<ReadonlySet<string>> {
    const known = this.#systems.get(definitionId);
    if (known !== undefined) return known;
    const { definition } = await this.#tasker.storedDefinition(definitionId);
    const systems = new Set(definition.steps.map((step) => step.dependentSystem));
    this.#systems.set(definitionId, systems);
    return systems;
  }

  #lookLater(milliseconds: number): void {
    const timer = setTimeout(() => void this.#lookAndGoOn(timer), milliseconds);
    this.#looks = timer;
    timer.unref();
  }

  async #lookAndGoOn(timer: NodeJS.Timeout): Promise<void> {
    await this.#look();
    const next = await this.#lookMs();
    if (this.#looks === timer) this.#lookLater(next);
  }

  async #lookMs(): Promise<number> {
    if (this.#options.lookMs !== null) return this.#options.lookMs;
    try {
      this.#hearsOthers ??= (await this.#tasker.about()).hearsOthers;
    } catch {
      return UNHEARD_LOOK_MS; // the database is away: asked again next time
    }
    return this.#hearsOthers ? LOOK_MS : UNHEARD_LOOK_MS;
  }

  async #look(): Promise<void> {
    if (this.#off === null) return;
    this.#looksAgain = this.#isLooking;
    if (this.#isLooking) return;
    this.#isLooking = true;
    const newest = this.#host.hasLists() ? NEWEST : 0;
    try {
      const revisions = await this.#tasker.revisions({
        taskIds: this.#host.watchedIds(),
        newest,
      });
      if (this.#off !== null) {
        const found = this.#seen.compare(revisions, newest);
        if (found.isFlooded) this.#askReset();
        this.#note(found.taskIds);
        this.#coverWith(newest);
      }
    } catch (error) {
      if (this.#off === null) return;
      this.#options.logger.warn({ err: error }, 'watched tasks could not be compared; tried again');
    } finally {
      this.#isLooking = false;
    }
    if (this.#looksAgain) void this.#look();
  }

  #coverWith(newest: number): void {
    if (newest === 0 || this.#isCovered) return;
    this.#isCovered = true;
    this.#host.onCovered();
  }
}

const NONE: ReadonlySet<string> = new Set();
