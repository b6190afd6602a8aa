/**
 * Attacks the engine and compares what is left with what was promised. See docs/guarantees.md.
 *
 * I1: a run with the same seed has the same schedule and the same work. What happens in between is up to the machine.
 * I2: nothing is left behind: every process, server and folder ends with this process, however it ends.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { attack } from './attack.mjs';
import { writeDocs } from './docs.mjs';
import { attackEmbedded } from './embedded.mjs';
import { readOptions, replayCommand, USAGE } from './options.mjs';
import { chosen } from './schedule.mjs';
import { openScratch } from './scratch.mjs';
import { judge } from './verdict.mjs';

const say = (text) => console.error(`chaos: ${text}`);

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else if (options.writeDocs) writeDocs();
  else process.exitCode = await main(options);
} catch (error) {
  console.error(`chaos: ${error.stack}`);
  process.exitCode = 1;
}

/** @returns {Promise<number>} the exit code */
async function main(options) {
  const { seed, profile, only } = options;
  const isChosen = chosen(only);
  const began = Date.now();
  say(`seed ${seed}; again with: ${replayCommand(options)}`);
  const scratch = openScratch(seed);
  process.once('exit', () => process.exitCode === 0 && scratch.remove()); // I2; a failure leaves the witness
  const parts = [];
  if (Object.keys(profile.faults).some(isChosen) || isChosen('async-failover'))
    parts.push(await attack(options, { scratch, say }));
  const kills = embeddedKillsOf(options);
  if (isChosen('embedded') && kills > 0)
    parts.push(await attackEmbedded({ seed, kills }, { scratch, say }));
  const figures = Object.assign({}, ...parts.map((part) => part.figures));
  const { broken, slow } = judge(figures, options);
  const problems = [...parts.flatMap((part) => part.problems), ...broken];
  const line = describe(options, { figures, problems, began });
  for (const remark of slow) say(`SLOW ${remark}`);
  for (const problem of problems) say(`FAILED ${problem}`);
  if (problems.length > 0) say(`again with: ${replayCommand(options)}`);
  console.log(line);
  if (options.json !== null) writeFileSync(options.json, `${line}\n`);
  return problems.length === 0 ? 0 : 1;
}

function embeddedKillsOf({ profile, minutes }) {
  return Math.ceil((profile.embeddedKills * minutes) / profile.minutes);
}

/** The one line for machines. */
function describe({ seed, profileName, minutes, leaseMs, only }, { figures, problems, began }) {
  return JSON.stringify({
    ok: problems.length === 0,
    profile: profileName,
    seed,
    minutes,
    lease_ms: leaseMs,
    only,
    seconds: Math.round((Date.now() - began) / 1_000),
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cores: availableParallelism(),
    ...snakeCase(figures),
  });
}

function snakeCase(figures) {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
