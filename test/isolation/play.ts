import { isTaskerError } from '../../src/kernel/errors.ts';
import type { Actor, Scenario } from './scenario.ts';
import type { Rewrite } from './session.ts';
import type { Player, Stage } from './stage.ts';
import type { Wait } from './watch.ts';
import { workOff } from './work-off.ts';

/** What could be done at one moment of an interleaving, and what was. */
export interface Moment {
  /** Indexes of the sessions that stood before a step. */
  readonly open: readonly number[];
  /** Indexes of the sessions that waited for a lock. */
  readonly blocked: readonly number[];
  /** The session that was let go. */
  readonly chosen: number;
  readonly step: string;
}

/** One interleaving from its beginning to its end. */
export interface Played {
  readonly moments: readonly Moment[];
  /** The state of all steps and tasks, and each session's answer. */
  readonly outcome: string;
  /** Laws that are broken, and work that nothing moves. */
  readonly broken: readonly string[];
  readonly waits: readonly SeenWait[];
  /** From which moment on the server had found a deadlock; null: it found none. */
  readonly deadlockAt: number | null;
  /** How often the server undid a session's work as a deadlock. */
  readonly conflicts: number;
  /** True when the choices could not be followed to their end. */
  readonly strayed: boolean;
}

/** A wait with the names of those who met. */
export interface SeenWait extends Wait {
  readonly step: string;
  readonly actor: string;
}

/**
 * Plays one interleaving: the given choices first, then always the first session that can go on. After a deadlock, whose victim is the
 * server's choice, nothing is chosen any more: the first that can goes on.
 *
 * I1: one session moves at a time. The next is chosen only when every other one stands before a step, has ended, or is seen waiting
 *     for a lock of one of us; so the same choices give the same interleaving.
 * I2: except that a commit may wake two who waited, and which of them is first at their next lock is the server's choice. Then the
 *     choices may not be possible any more: the interleaving strays, and whoever wanted the other one plays again.
 */
export async function play(
  stage: Stage,
  scenario: Scenario,
  { choices, fault, isNew }: Directions,
): Promise<Played> {
  const { actors, taskIds, aftermath } = await scenario.scene(stage);
  const cast = actors.map((actor, index) => member(actor, { player: stage.players[index], fault }));
  const answers = Promise.all(cast.map(({ answer }) => answer));
  const led = new Lead(stage, cast);
  const moments: Moment[] = [];
  let strayed = false;
  for (;;) {
    await led.untilStill();
    const open = cast.flatMap(({ player }, index) => (player.session.next === null ? [] : [index]));
    if (open.length === 0) break;
    const asked: number | undefined =
      led.deadlockAt === null && !strayed ? choices[moments.length] : undefined;
    strayed ||= asked !== undefined && !open.includes(asked);
    const chosen = asked === undefined || strayed ? (open[0] ?? 0) : asked;
    const session = cast[chosen]?.player.session;
    if (!session) break;
    const step = session.next ?? '';
    moments.push({ open, blocked: led.blocked(), chosen, step });
    led.moment = moments.length;
    session.release();
  }
  const said = await answers;
  await aftermath?.(stage.parts);
  const outcome = [await stage.state(taskIds), ...said].join(' · ');
  const conflicts = cast.reduce((sum, { player }) => sum + player.session.conflicts, 0);
  const broken = [...(await stage.broken())];
  if (isNew(outcome)) {
    broken.push(...(await workOff(stage.parts)));
    broken.push(...(await stage.broken()).filter((law) => !law.startsWith(HURRIED)));
  }
  await stage.clear();
  return {
    moments,
    outcome,
    broken,
    conflicts,
    waits: led.waits,
    deadlockAt: led.deadlockAt,
    strayed,
  };
}

/** Working off does not wait for the time of retries. */
const HURRIED = 'backoff-respected:';

/** How an interleaving is played. */
export interface Directions {
  /** Which session goes on, moment for moment. */
  readonly choices: readonly number[];
  /** What the sessions' statements are changed by. */
  readonly fault: Rewrite;
  /** True for an outcome that was not seen before: then what is left must also come to its end. */
  readonly isNew: (outcome: string) => boolean;
}

/** An actor on its session. */
interface Member {
  readonly actor: Actor;
  readonly player: Player;
  readonly answer: Promise<string>;
}

function member(
  actor: Actor,
  { player, fault }: { readonly player: Player | undefined; readonly fault: Rewrite },
): Member {
  if (!player) throw new Error(`There is no session for ${actor.name}`);
  const answer = player.session
    .start(() => actor.act(player.parts), fault)
    .catch((error: unknown) => {
      if (isTaskerError(error)) return error.code;
      return error instanceof Error ? `failed: ${error.message}` : 'failed';
    })
    .then((said) => `${actor.name} ${said}`);
  return { actor, player, answer };
}

/** Longest time that nothing at all may happen; only a fault of the tester or a stranded lock takes longer. */
const PATIENCE_MS = 30_000;

/** How long a step may take before the watcher first looks whether it waits: most have answered by then. */
const FIRST_LOOK_MS = 2;

class Lead {
  readonly #stage: Stage;
  readonly #cast: readonly Member[];
  readonly waits: SeenWait[] = [];
  readonly #described = new Map<number, string>();
  #blocked: readonly number[] = [];
  deadlockAt: number | null = null;
  moment = 0;

  constructor(stage: Stage, cast: readonly Member[]) {
    this.#stage = stage;
    this.#cast = cast;
  }

  blocked(): readonly number[] {
    return this.#blocked;
  }

  /** I1: resolves when nobody moves. */
  async untilStill(): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      if (performance.now() > end) throw new Error('An interleaving came to rest nowhere');
      // The server may have ended a deadlock before the watcher saw it.
      if (this.#cast.some(({ player }) => player.session.conflicts > 0))
        this.deadlockAt ??= this.moment;
      if (this.#moving().length > this.#blocked.length) await this.#firstLook();
      const moving = this.#moving();
      this.#blocked = [];
      if (moving.length === 0) return;
      const blockers = await this.#stage.watch.blocked(
        moving.map(({ player }) => player.session.pid),
      );
      const still = this.#moving();
      if (still.length !== moving.length) continue;
      const pids = new Set(this.#cast.map(({ player }) => player.session.pid));
      const isHeld = ({ player }: Member): boolean => {
        const by = blockers.get(player.session.pid);
        return by !== undefined && by.every((pid) => pids.has(pid));
      };
      if (!still.every(isHeld)) continue;
      if (isCycle(blockers)) {
        this.deadlockAt ??= this.moment; // the server ends it; whoever is undone comes again
        await this.#describe(still, blockers);
        continue;
      }
      this.#blocked = still.map((one) => this.#cast.indexOf(one));
      await this.#describe(still, blockers);
      return;
    }
  }

  /** Sessions that neither stand nor have ended: they work or wait. */
  #moving(): readonly Member[] {
    return this.#cast.filter(
      ({ player: { session } }) => !session.hasEnded && session.next === null,
    );
  }

  async #firstLook(): Promise<void> {
    const free = this.#moving().filter((one) => !this.#blocked.includes(this.#cast.indexOf(one)));
    let timer: NodeJS.Timeout | undefined;
    const look = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_LOOK_MS);
    });
    await Promise.race([Promise.all(free.map(({ player }) => player.session.stood)), look]);
    clearTimeout(timer);
  }

  /** Notes every wait once: who, for what, from whom. */
  async #describe(
    waiting: readonly Member[],
    blockers: ReadonlyMap<number, readonly number[]>,
  ): Promise<void> {
    for (const { actor, player } of waiting) {
      const { pid, current } = player.session;
      const holders = blockers.get(pid) ?? [];
      const key = `${current} < ${holders.join()}`;
      if (this.#described.get(pid) === key) continue;
      this.#described.set(pid, key);
      const wait = await this.#stage.watch.describe(pid, holders, current);
      this.waits.push({ ...wait, step: current, actor: actor.name });
    }
  }
}

/** True when somebody waits, over others, for itself. */
function isCycle(blockers: ReadonlyMap<number, readonly number[]>): boolean {
  const reaches = (from: number, seen: ReadonlySet<number>): boolean =>
    (blockers.get(from) ?? []).some((to) => seen.has(to) || reaches(to, new Set([...seen, to])));
  return [...blockers.keys()].some((pid) => reaches(pid, new Set([pid])));
}
