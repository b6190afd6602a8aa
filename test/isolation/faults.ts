import type { Rewrite } from './session.ts';

/** A mistake planted in the engine's statements, and the scenario that must find it. */
export interface Fault {
  readonly name: string;
  /** The name of a scenario. */
  readonly foundBy: string;
  /** Parts of statements, and what they become. Each must be met. */
  readonly changes: readonly (readonly [RegExp, string])[];
}

/** What the tester is worth is what it finds: each of these lets work be lost, done twice or stand still in some interleaving. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'a claim waits for rows that another one has taken',
    foundBy: 'claim x claim',
    changes: [[/(limit \$4\s+)for update skip locked/, '$1']],
  },
  {
    name: 'a cancellation does not look at the status of the task',
    foundBy: 'complete x cancel',
    changes: [[/ and status::text = any \(\$2::text\[\]\)/, ' and $2::text[] is not null']],
  },
  {
    name: 'a report is stored without its fence',
    foundBy: 'stop worker x complete',
    changes: [
      [
        /and s\.attempts = f\.attempts and s\.worker_id = \$2 and s\.status = 'in_progress'/,
        'and f.attempts is not null and $2 is not null',
      ],
    ],
  },
  {
    name: 'lost steps are given back without a look at what they are now',
    foundBy: 'reap x complete',
    changes: [
      [/for update of s skip locked/, ''],
      [
        /and s\.attempts = f\.attempts and s\.worker_id = f\.worker_id and s\.status = 'in_progress'/,
        '',
      ],
    ],
  },
  {
    name: 'a child is unlocked by a count that was read before',
    foundBy: 'complete x complete',
    changes: [
      [
        /update (\S+workflow_steps) as s\s+set waiting_on = s\.waiting_on - u\.parents/,
        'update $1 as s set waiting_on = (select b.waiting_on from $1 as b where b.task_id = s.task_id and b.position = s.position) - u.parents',
      ],
    ],
  },
  {
    name: 'a task counts its leaves from what was read before',
    foundBy: 'leaf x leaf',
    changes: [
      [
        /update (\S+tasks) as task\s+set leaves_left = task\.leaves_left - l\.leaves/,
        'update $1 as task set leaves_left = (select b.leaves_left from $1 as b where b.task_id = task.task_id) - l.leaves',
      ],
    ],
  },
  {
    name: 'settling does not take the lock of the task',
    foundBy: 'settle x retry',
    changes: [
      [/select pg_advisory_xact_lock\(.*\) from \(select unnest/, 'select id from (select unnest'],
    ],
  },
  {
    name: 'a cancellation locks steps before queue rows',
    foundBy: 'claim x cancel',
    changes: [
      [
        /^\s*delete from \S+ where task_id = \$1 and \(\$2::int\[\] is null.*$/,
        'select $1::bigint, $2::int[]',
      ],
    ],
  },
  {
    name: 'a failure locks its own step before those that it marks',
    foundBy: 'fail x fail x edit',
    changes: [[/and \(select count\(\*\) from held\) >= 0/, '']],
  },
];

/** The changes as what a session does to its statements, with a count of how often each was made. */
export function plant({ changes }: Fault): { readonly rewrite: Rewrite; readonly made: number[] } {
  const made = changes.map(() => 0);
  const rewrite: Rewrite = (statement) => {
    const text = changes.reduce((before, [found, instead], index) => {
      const after = before.replace(found, instead);
      if (after !== before) made[index] = (made[index] ?? 0) + 1;
      return after;
    }, statement.text);
    if (text === statement.text) return statement;
    return { text, ...(statement.values && { values: statement.values }) }; // unnamed: the name belongs to the sound text
  };
  return { rewrite, made };
}
