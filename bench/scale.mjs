/**
 * Measures how the engine's cost grows: with the width and length of tasks, with what is queued and stored, with workers and slots; and
 * what it costs when there is nothing to do. One file per question in scale/. See README.md.
 *
 * I1: a question has a fresh database and fresh processes for each of its runs; those that are compared take turns.
 * I2: a run counts only when the engine's own laws hold over what it stored.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeMachine, machineFacts } from './machine.mjs';
import { readOptions, USAGE } from './scale/options.mjs';
import { QUESTIONS } from './scale/questions.mjs';
import { documentSections, refresh, renderAnswers } from './scale/report.mjs';
import { openServer } from './server.mjs';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(`bench:scale: ${error.message}`);
  process.exitCode = 1;
}

/** @returns {Promise<number>} the exit code: 1 when a run does not count */
async function main(options) {
  const page = options.writeDocs === null ? null : readFileSync(options.writeDocs, 'utf8');
  const server = await openServer();
  try {
    const machine = await machineFacts(server);
    console.log(`${describeMachine(machine)}\n`);
    const runs = await runAll(server, options);
    const shown = options.questions.map((name) => ({ name, ...QUESTIONS[name] }));
    console.log(renderAnswers(shown, runs));
    console.log('\nMedian (least–most) over the rounds; a ratio is taken inside one round.');
    const broken = runs.filter(({ problem }) => problem !== null);
    for (const { question, round, problem } of broken)
      console.log(`BROKEN ${question}, round ${round}: ${problem}`);
    if (options.json !== null)
      writeFileSync(options.json, `${JSON.stringify({ machine, options, runs }, null, 2)}\n`);
    if (page !== null && broken.length === 0)
      writeFileSync(options.writeDocs, refresh(page, documentSections(shown, runs, machine)));
    return broken.length > 0 ? 1 : 0;
  } finally {
    await server.close();
  }
}

async function runAll(server, options) {
  const runs = [];
  for (const question of options.questions) {
    const rounds = options.repeat ?? (options.quick ? 1 : QUESTIONS[question].rounds);
    for (let round = 1; round <= rounds; round += 1) {
      const run = await runOne(server, { question, round, options });
      runs.push(run);
      console.error(progressLine(run));
    }
  }
  return runs;
}

async function runOne(server, { question, round, options: { quick, size } }) {
  const startedAt = performance.now();
  const answer = await QUESTIONS[question].measure(server, { round, quick, size }).then(
    (measures) => ({ measures, problem: null }),
    (error) => ({ measures: {}, problem: error.message }),
  );
  return { question, round, ...answer, seconds: (performance.now() - startedAt) / 1000 };
}

function progressLine({ question, round, measures, problem, seconds }) {
  const shown = Object.entries(measures).map(
    ([key, value]) => `${key} ${value === null ? '–' : Number(value.toPrecision(4))}`,
  );
  const told = problem === null ? shown.join(', ') : `BROKEN ${problem}`;
  return `${question} #${round} (${seconds.toFixed(0)} s): ${told}`;
}
