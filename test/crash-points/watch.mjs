// Stands between a Tasker and its database, and makes every await a named point: `cancel-task/lock-tasks/before`, `…/after`.
// The name is read from the stack: which statement is asked, and in which verb. Inside a transaction, and in a verb that is called,
// a statement that comes a second time is `…#2`.
import { unavailable } from '../../dist/db/failure.js';

const FRAME = /dist\/([\w/.-]+\.js):(\d+):(\d+)\)?$/;
Error.stackTraceLimit = 60;

/** Reads stacks with the map that scan.mjs made. `lines` is the offset at which each line of each file begins. */
export function createReader({ units, sites, roots, lines }) {
  const byFile = (list) => Map.groupBy?.(list, ({ file }) => file) ?? groupBy(list);
  const unitsOf = byFile(units);
  const sitesOf = byFile(sites);
  const innermost = (list, at) =>
    (list ?? [])
      .filter(({ start, end }) => start <= at && at < end)
      .sort((a, b) => b.start - a.start)[0];
  const rootOf = (id) =>
    Object.keys(roots).find((root) => id === root || id.startsWith(`${root}.`));
  return (stack, hint) => {
    const frames = stack.split('\n').flatMap((line) => {
      const [, file, row, column] = FRAME.exec(line) ?? [];
      const start = lines[file]?.[Number(row) - 1];
      if (start === undefined) return [];
      const at = start + Number(column) - 1;
      return [{ unit: innermost(unitsOf.get(file), at), site: innermost(sitesOf.get(file), at) }];
    });
    const site = frames.find((frame) => frame.site !== undefined)?.site;
    const root = frames
      .map(({ unit }) => unit && rootOf(unit.id))
      .find((found) => found !== undefined && !found.startsWith('store/'));
    if (root !== undefined) return { statement: site?.statement, verb: roots[root] };
    // The stack was cut where a promise was handed on: the outermost function that is left may belong to one verb only.
    const left = frames.findLast(({ unit }) => unit !== undefined && unit.verbs.length > 0)?.unit;
    const verbs = left?.verbs ?? [];
    const verb = verbs.length === 1 ? verbs[0] : verbs.includes(hint) ? hint : undefined;
    return { statement: site?.statement, verb };
  };
}

function groupBy(list) {
  const groups = new Map();
  for (const one of list) groups.set(one.file, [...(groups.get(one.file) ?? []), one]);
  return groups;
}

/** A trial in which nothing has happened yet. */
export function newTrial(point, happens) {
  return { point, happens, armed: false, trail: [], within: new Set() };
}

/**
 * What happens at points. `trial`:
 *   armed    nothing has a name before
 *   called   the verb was called by the trial (its statements are numbered), or undefined for what goes on by itself
 *   point    where `happens` is called, once
 *   happens  is told `before` or `after` and the open transaction; resolves to go on, throws to fail there, never resolves to hang
 *   detours  what happens at other points, once each
 *   dead     nothing is asked any more, and nothing answers
 *   trail    the points so far; `within`: those of them at which a transaction is open
 */
export function watch(db, trial, read) {
  const never = () => new Promise(() => undefined);
  const at = async (name, counts, tx = null) => {
    if (trial.dead) return never();
    if (!trial.armed) return undefined;
    const [base, moment] = [
      name.slice(0, name.lastIndexOf('/')),
      name.slice(name.lastIndexOf('/')),
    ];
    const count = counts === null ? 1 : (counts.get(name) ?? 0) + 1;
    counts?.set(name, count);
    const point = `${base}${count === 1 ? '' : `#${count}`}${moment}`;
    trial.trail.push(point);
    if (tx !== null) trial.within.add(point);
    const detour = trial.detours?.get(point);
    trial.detours?.delete(point);
    await detour?.();
    if (point !== trial.point || trial.hit) return undefined;
    trial.hit = true;
    return trial.happens(moment.slice(1), tx);
  };
  const called = new Map();
  const nameOf = (statement, { verb }) => `${verb ?? trial.called ?? '?'}/${statement ?? '?'}`;
  const ask = async (run, asked, { counts, tx }) => {
    const name = nameOf(asked.statement, asked);
    await at(`${name}/before`, counts, tx);
    const answer = await run();
    await at(`${name}/after`, counts, tx);
    return answer;
  };
  const seen = (stack) => read(stack, trial.called);
  const alone = () => ({ counts: trial.called ? called : null });
  const isClaim = ({ values = [] }) => values[0] === '{}'; // no completions
  return {
    kind: db.kind,
    threadConnection: null, // so that the heartbeat, too, comes through here
    durability: () => db.durability(),
    listen: (channel, onNotify, onGap) => db.listen(channel, onNotify, onGap),
    close: () => Promise.resolve(),
    script: (text) => ask(() => db.script(text), seen(new Error().stack), alone()),
    query(statement) {
      const asked = seen(new Error().stack);
      if (asked.statement === 'advance-steps' && isClaim(statement)) asked.verb = 'claim';
      return ask(() => db.query(statement), asked, alone());
    },
    async transaction(work) {
      const opened = seen(new Error().stack);
      const name = (what) => nameOf(`${what}(${opened.statement ?? 'caller'})`, opened);
      const counts = trial.called ? called : new Map();
      await at(`${name('begin')}/before`, counts);
      const answer = await db.transaction(async (tx) => {
        await at(`${name('begin')}/after`, counts, tx);
        const within = (run) =>
          ask(
            run,
            { ...seen(new Error().stack), verb: opened.verb ?? trial.called },
            { counts, tx },
          );
        const value = await work({
          query: (statement) => within(() => tx.query(statement)),
          script: (text) => within(() => tx.script(text)),
        });
        await at(`${name('commit')}/before`, counts, tx);
        return value;
      });
      await at(`${name('commit')}/after`, counts);
      return answer;
    },
  };
}

/** The failure that a driver reports when its connection is gone. */
export function connectionLost() {
  const error = new Error('Connection terminated unexpectedly');
  return unavailable(Object.assign(error, { code: 'ECONNRESET' }));
}
