/**
 * Makes faults that matter in a copy of the checkout, one at a time, and demands that the test which is named beside each fails.
 *
 * I1: the checkout itself is never changed.
 * I2: a test that fails without the fault, or for another reason than the fault's effect, proves nothing: that is a failure too.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../support/postgres.ts';
import { ALL_MUTANTS } from './all-mutants.ts';
import { copyCheckout, type CheckoutCopy } from './checkout-copy.ts';
import { countAnchors, killerPattern, type Killer, type Mutant } from './mutant.ts';
import { runTests, type TestPlace } from './run-tests.ts';
import { soundnessOf, verdictOf, type Verdict } from './verdict.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '../..');

/** Processes of tests at the same time: each has a database beside it. */
const LANES = 2;

const USAGE = `npm run mutants                     every mutant
npm run mutants -- --only <name>    those whose name contains this; may be given more than once
npm run mutants -- --list           names them`;

/** @returns the exit code: 1 when a mutant was not killed */
export async function runMutants(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return say(USAGE);
  const { only } = values;
  const chosen = ALL_MUTANTS.filter(
    ({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  if (values.list) return say(chosen.map(({ name }) => name).join('\n'));
  if (chosen.length === 0) throw new Error(`no mutant is called so; see --list`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const server = await startPostgres();
  if (server === null) throw new Error('this needs the programs of a PostgreSQL server');
  const copies = Array.from({ length: LANES }, () => copyCheckout(CHECKOUT));
  const lanes = copies.map((copy) => ({
    copy,
    place: { root: copy.root, databaseUrl: server.url, signal: stop.signal },
  }));
  try {
    return await runAll(chosen, lanes);
  } finally {
    for (const copy of copies) copy.remove();
    await server.dispose();
  }
}

interface Lane {
  readonly copy: CheckoutCopy;
  readonly place: TestPlace;
}

async function runAll(mutants: readonly Mutant[], lanes: readonly Lane[]): Promise<number> {
  const startedMs = performance.now();
  const gone = mutants.filter((mutant) => !lanes.every(({ copy }) => hasAnchor(copy, mutant)));
  const present = mutants.filter((mutant) => !gone.includes(mutant));
  const unsound = await findUnsound(present, lanes);
  const verdicts = new Map<Mutant, Verdict>(
    gone.map((mutant) => [mutant, { kind: 'anchor gone', why: `not in ${mutant.file}` }]),
  );
  await inLanes(present, lanes, async (mutant, { copy, place }) => {
    const verdict =
      unsound.get(keyOf(mutant.killedBy)) ??
      verdictOf(await copy.withMutant(mutant, () => runTests(place, [mutant.killedBy])));
    verdicts.set(mutant, verdict);
    say(`${verdict.kind.padEnd(11)} ${mutant.name}\n            ${verdict.why}`);
  });
  return report(mutants, verdicts, Math.round((performance.now() - startedMs) / 1_000));
}

/** Every test that a mutant names, without any fault: what is wrong with those of which something is. */
async function findUnsound(
  mutants: readonly Mutant[],
  lanes: readonly Lane[],
): Promise<ReadonlyMap<string, Verdict>> {
  const byFile = new Map<string, Map<string, Killer>>();
  for (const { killedBy } of mutants) {
    const ofFile = byFile.get(killedBy.file) ?? new Map<string, Killer>();
    byFile.set(killedBy.file, ofFile.set(killerPattern(killedBy), killedBy));
  }
  const unsound = new Map<string, Verdict>();
  await inLanes([...byFile.values()], lanes, async (killers, { place }) => {
    const outcome = await runTests(place, [...killers.values()]);
    for (const killer of killers.values()) {
      const verdict = soundnessOf(outcome, killer);
      if (verdict !== null) unsound.set(keyOf(killer), verdict);
    }
  });
  return unsound;
}

function keyOf(killer: Killer): string {
  return `${killer.file} ${killerPattern(killer)}`;
}

function hasAnchor({ root }: CheckoutCopy, mutant: Mutant): boolean {
  const text = readFileSync(path.join(root, mutant.file), 'utf8');
  return countAnchors(mutant, text) === (mutant.times ?? 1);
}

/** Each lane takes the next piece of work as soon as it is free. */
async function inLanes<T>(
  work: readonly T[],
  lanes: readonly Lane[],
  doOne: (one: T, lane: Lane) => Promise<void>,
): Promise<void> {
  const waiting = [...work];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
        await doOne(one, lane);
    }),
  );
}

function report(
  mutants: readonly Mutant[],
  verdicts: ReadonlyMap<Mutant, Verdict>,
  seconds: number,
): number {
  const width = Math.max(...mutants.map(({ name }) => name.length));
  say('');
  for (const mutant of mutants) {
    const kind = verdicts.get(mutant)?.kind ?? 'unsound';
    say(`${kind.padEnd(11)}  ${mutant.name.padEnd(width)}  ${mutant.killedBy.file}`);
  }
  const killed = [...verdicts.values()].filter(({ kind }) => kind === 'killed').length;
  say(`\nmutants: ${killed} of ${mutants.length} killed in ${seconds} s`);
  return killed === mutants.length ? 0 : 1;
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
