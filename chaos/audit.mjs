/**
 * Compares what the database says with what was seen from outside: the acknowledgements of the callers and the runs of the handlers, both
 * written to files before they counted. Works in a schema of its own beside the one that it judges.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { wallOffsetUs } from './clock.mjs';

const WITNESS = 'chaos_witness';
const BATCH = 20_000;
/** Rows that a problem shows. */
const SHOWN = 5;

/**
 * @param {{ cluster: object, schema: string, witness: string, acknowledged: string,
 *   gaps: readonly { fromMs: number, toMs: number, strayMs: number }[] }} options `gaps`: what was acknowledged in that time may be gone
 *   (a failover to a standby that was behind); so may what ran then or up to `strayMs` later, for a claim that is gone
 * @returns {Promise<{ problems: readonly string[], figures: object }>}
 */
export async function audit(options) {
  await load(options);
  const { cluster, schema } = options;
  const ask = (text) =>
    cluster.ask(text.replaceAll('{schema}', schema).replaceAll('{witness}', WITNESS));
  const counts = {};
  const problems = [];
  for (const [name, { title, text }] of Object.entries(CHECKS)) {
    const rows = await ask(withGaps(text, options.gaps));
    counts[name] = rows.length;
    if (rows.length > 0)
      problems.push(
        `${title}: ${rows.length}, such as ${rows
          .slice(0, SHOWN)
          .map((row) => JSON.stringify(row))
          .join(' ')}`,
      );
  }
  const [totals] = await ask(TOTALS);
  const [{ late }] = await ask(LATE);
  return { problems, figures: { ...counts, ...numbers(totals), late: Number(late) } };
}

/** `{gone:at}`: acknowledged in a gap; `{stray:at}`: ran in a gap or soon after. */
function withGaps(text, gaps) {
  return text.replaceAll(/\{(gone|stray):([\w.]+)\}/g, (_, word, column) => {
    const ranges = gaps.map(({ fromMs, toMs, strayMs }) => {
      const endMs = word === 'gone' ? toMs : toMs + strayMs;
      return `${column} between ${fromMs} and ${endMs}`;
    });
    return ranges.length === 0 ? 'false' : `(${ranges.join(' or ')})`;
  });
}

function numbers(row) {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
}

/** Each answers the rows that may not be. `at` is milliseconds since 1970. */
const CHECKS = {
  lost: {
    title: 'acknowledged tasks that are not there',
    text: `
select a.key, a.task_id
  from {witness}.acknowledged as a
 where not {gone:a.at}
   and not exists (select from {schema}.tasks as t where t.task_id = a.task_id and t.idempotency_key = a.key)`,
  },
  wrongEnds: {
    title: 'acknowledged tasks that did not end as they should',
    text: `
select a.key, a.task_id, t.status, a.expects
  from {witness}.acknowledged as a
  join {schema}.tasks as t on t.task_id = a.task_id and t.idempotency_key = a.key
 where t.status::text <> a.expects`,
  },
  doubleTasks: {
    title: 'keys with two tasks',
    text: `
select idempotency_key, array_agg(task_id) from {schema}.tasks group by 1 having count(*) > 1`,
  },
  unrecorded: {
    title: 'runs that were not recorded before they began',
    text: `
select r.task_id, r.step, r.attempt, s.attempts
  from {witness}.runs as r
  left join {schema}.tasks as t on t.task_id = r.task_id and t.idempotency_key = r.key
  left join {schema}.named_steps as n on n.definition_id = t.definition_id and n.name = r.step
  left join {schema}.workflow_steps as s on s.task_id = t.task_id and s.position = n.position
 where r.moment = 'begin' and not {stray:r.at} and (s.attempts is null or s.attempts < r.attempt)`,
  },
  runTwice: {
    title: 'attempts that ran twice',
    text: `
select task_id, step, attempt, key, array_agg(pid order by at) as pids, array_agg(to_timestamp(at / 1000)::time order by at) as times
  from {witness}.runs
 where moment = 'begin' and not {stray:at}
 group by 1, 2, 3, 4 having count(*) > 1`,
  },
  double: {
    title: 'steps whose result was stored twice',
    text: `
select task_id, step, array_agg(attempt order by at)
  from {witness}.runs
 where moment = 'stored' and not {stray:at}
 group by 1, 2 having count(*) > 1`,
  },
  staleWinners: {
    title: 'results that are not those of the attempt which counts',
    text: `
select s.task_id, n.name, s.attempts, w.pid, s.results
  from {schema}.workflow_steps as s
  join {schema}.tasks as t on t.task_id = s.task_id
  join {schema}.named_steps as n on n.definition_id = t.definition_id and n.position = s.position
  left join {schema}.workers as w on w.worker_id = s.worker_id
 where s.status = 'complete'
   and ((s.results->>'attempt')::int is distinct from s.attempts
     or (s.results->>'pid')::int is distinct from w.pid
     or s.results->>'key' is distinct from t.idempotency_key)`,
  },
  unseen: {
    title: 'complete steps whose handler nobody saw end',
    text: `
select s.task_id, n.name, s.attempts
  from {schema}.workflow_steps as s
  join {schema}.tasks as t on t.task_id = s.task_id
  join {schema}.named_steps as n on n.definition_id = t.definition_id and n.position = s.position
 where s.status = 'complete'
   and not exists (select from {witness}.runs as r
                    where r.task_id = s.task_id and r.step = n.name and r.attempt = s.attempts
                      and r.moment = 'end' and r.key = t.idempotency_key)`,
  },
  tooEarly: {
    title: 'steps that began before a parent had ended',
    text: `
select c.task_id, c.step, p.name as parent
  from (select task_id, step, key, min(at) as at from {witness}.runs where moment = 'begin' and not {stray:at} group by 1, 2, 3) as c
  join {schema}.tasks as t on t.task_id = c.task_id and t.idempotency_key = c.key
  join {schema}.named_steps as n on n.definition_id = t.definition_id and n.name = c.step
  join {schema}.named_steps as p on p.definition_id = n.definition_id and p.position = any (n.parents)
  join {schema}.workflow_steps as ps on ps.task_id = c.task_id and ps.position = p.position
  join {witness}.runs as e on e.task_id = c.task_id and e.step = p.name and e.attempt = ps.attempts and e.moment = 'end' and e.key = c.key
 where e.at > c.at`,
  },
  wrongPoison: {
    title: 'steps that killed their workers and did not end as POISON after two attempts',
    text: `
select a.task_id, s.status, s.attempts, s.error->>'code' as code
  from {witness}.acknowledged as a
  join {schema}.tasks as t on t.task_id = a.task_id and t.idempotency_key = a.key
  join {schema}.workflow_steps as s on s.task_id = t.task_id and s.position = 0
 where a.expects = 'error' and (s.status <> 'error' or s.attempts <> 2 or s.error->>'code' is distinct from 'POISON')`,
  },
};

const TOTALS = `
select (select count(*) from {schema}.tasks) as tasks,
       (select count(*) from {schema}.workflow_steps) as steps,
       (select sum(attempts) from {schema}.workflow_steps) as attempts,
       (select count(*) from {schema}.step_attempts where outcome = 'lost') as "lostRuns",
       (select count(*) from {witness}.acknowledged) as acknowledged,
       (select count(*) from {witness}.runs where moment = 'begin') as runs`;

/** Handlers that came to their end after their attempt had been declared lost: what they wanted to store was refused. */
const LATE = `
select count(*) as late
  from {witness}.runs as r
  join {schema}.tasks as t on t.task_id = r.task_id and t.idempotency_key = r.key
  join {schema}.named_steps as n on n.definition_id = t.definition_id and n.name = r.step
  join {schema}.step_attempts as a on a.task_id = r.task_id and a.position = n.position and a.attempt = r.attempt
 where r.moment = 'end' and a.outcome = 'lost' and r.at > date_part('epoch', a.finished_at) * 1000`;

/** Brings the files into the database. */
async function load({ cluster, witness, acknowledged }) {
  await cluster.ask(`drop schema if exists ${WITNESS} cascade`);
  await cluster.ask(`create schema ${WITNESS}`);
  await cluster.ask(
    `create unlogged table ${WITNESS}.runs (moment text, task_id bigint, step text, attempt int, pid int, at float8, key text)`,
  );
  await cluster.ask(
    `create unlogged table ${WITNESS}.acknowledged (key text, task_id bigint, name text, expects text, at float8)`,
  );
  const offsetUs = wallOffsetUs();
  const atMs = (microseconds) => (Number(microseconds) + offsetUs) / 1_000;
  await loadFile(witness, (words) => [...words.slice(0, 5), atMs(words[5]), words[6]], {
    cluster,
    into: `${WITNESS}.runs select * from unnest($1::text[], $2::bigint[], $3::text[], $4::int[], $5::int[], $6::float8[], $7::text[])`,
  });
  await loadFile(acknowledged, (words) => [...words.slice(0, 4), atMs(words[4])], {
    cluster,
    into: `${WITNESS}.acknowledged select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::float8[])`,
  });
  await cluster.ask(`create index on ${WITNESS}.runs (task_id, step)`);
  await cluster.ask(`analyze`);
}

async function loadFile(file, toRow, { cluster, into }) {
  let rows = [];
  const flush = async () => {
    if (rows.length === 0) return;
    const columns = rows[0].map((_, column) => rows.map((row) => row[column]));
    await cluster.ask(`insert into ${into}`, columns);
    rows = [];
  };
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line === '') continue;
    rows.push(toRow(line.split(' ')));
    if (rows.length >= BATCH) await flush();
  }
  await flush();
}

/** When a result was first stored after each of these moments, in milliseconds since 1970; null when none was. */
export async function firstStoredAfter(cluster, moments) {
  const answers = [];
  for (const at of moments) {
    const [row] = await cluster.ask(
      `select min(at) as at from ${WITNESS}.runs where moment = 'stored' and at > $1`,
      [at],
    );
    answers.push(row.at);
  }
  return answers;
}
