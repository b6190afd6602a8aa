/**
 * The state of everything as lines of text, once as the reference model sees it and once as the database has it: the two must be equal.
 * Counters that the engine keeps (`waits`, `ends`) are counted anew on the model's side.
 */
import type { Connection } from '../../src/db/db.ts';
import type { Tables } from '../../src/store/tables.ts';
import { ends, unmet } from './progress.ts';
import type { Stage, TaskStage, World } from './world.ts';

/** The moment at which every world begins, in milliseconds since 1970: far from now, so that the machine's own clock would show. */
export const BEGINNING = Date.UTC(2031, 0, 1);

/** The ids that the database gave, in the order of the model's numbers. */
export interface Ids {
  readonly tasks: readonly number[];
  readonly workers: readonly number[];
}

/** The world as the model sees it. */
export function pictureOf(world: World): readonly string[] {
  const lines: string[] = [];
  world.tasks.forEach((task, number) => {
    const left = ends(task).filter((s) => s.stage !== 'done' && s.stage !== 'by_hand').length;
    lines.push(
      `task ${number}: ${task.stage} begun ${task.begun} ended ${task.ended} ends left ${left} "${task.reason}"`,
    );
    task.steps.forEach((step, position) => {
      const { stage, runs, limit, queued } = step;
      // A step that was dropped waits for nothing, and how many needs it had left then is nobody's business.
      const waits = stage === 'dropped' || stage === 'passed' ? '' : unmet(task, position).length;
      const holder = stage === 'held' || stage === 'done' ? `by ${step.worker} ${step.from}` : '';
      const end = stage === 'done' || stage === 'by_hand' ? `at ${step.to} ${step.result}` : '';
      const place =
        queued === null
          ? ''
          : ` queued ${queued.at} ${queued.due} ${-task.priority} ${task.plan.steps[position]?.queue}`;
      lines.push(
        `step ${number}.${position}: ${stage} runs ${runs} of ${limit} waits ${waits} ${holder} ${end} ${step.hurt} ${step.inputs}${place}`,
      );
      for (const p of step.past)
        lines.push(
          `run ${number}.${position}.${p.run}: ${p.ill} by ${p.worker} ${p.from} to ${p.to} next ${p.next}`,
        );
    });
  });
  world.workers.forEach(({ lease, lost, stopped }, number) =>
    lines.push(`worker ${number}: until ${lease} lost ${lost} stopped ${stopped}`),
  );
  const holders = [...world.known.values()].map(({ task, at }) => `known: task ${task} at ${at}`);
  return [...lines, ...holders.toSorted()];
}

/** The same as the database has it, read in one statement. */
export async function pictureIn(db: Connection, t: Tables, ids: Ids): Promise<readonly string[]> {
  const { rows } = await db.query({ name: 'model-picture', text: pictureText(t) });
  const [row] = rows;
  const list = (column: string) => (row?.[column] ?? []) as readonly Cells[]; // sound: arrays of arrays, as the statement makes them
  const taskAt = numbersOf(ids.tasks);
  const workerAt = numbersOf(ids.workers);
  const past = new Map<string, string[]>();
  for (const [task, position, run, worker, ill, from, to, next] of list('attempts')) {
    const line = `run ${taskAt(task)}.${position}.${run}: ${ill} by ${workerAt(worker)} ${from} to ${to} next ${next}`;
    const key = `${task}.${position}`;
    past.set(key, [...(past.get(key) ?? []), line]);
  }
  const steps = new Map<Cell, string[]>();
  for (const step of list('steps')) {
    const [task, position] = step;
    const lines = steps.get(task) ?? [];
    lines.push(stepLine(step, taskAt, workerAt), ...(past.get(`${task}.${position}`) ?? []));
    steps.set(task, lines);
  }
  const tasks = list('tasks').flatMap(([task, status, begun, ended, left, reason]) => [
    `task ${taskAt(task)}: ${TASK_STAGES[String(status)]} begun ${begun} ended ${ended} ends left ${left} "${reason}"`,
    ...(steps.get(task) ?? []),
  ]);
  const workers = list('workers').map(
    ([worker, until, lost, stopped]) =>
      `worker ${workerAt(worker)}: until ${until} lost ${lost} stopped ${stopped}`,
  );
  const known = list('known').map(([task, at]) => `known: task ${taskAt(task)} at ${at}`);
  return [...tasks, ...workers, ...known.toSorted()];
}

function stepLine(
  step: Cells,
  taskAt: (id: Cell) => number | string,
  workerAt: (id: Cell) => number | string,
): string {
  const [task, position, status, runs, limit, waiting, worker, from, to, result, hurt, inputs] =
    step;
  const [at, due, rank, queue] = step.slice(12);
  const stage = STAGES[String(status)];
  const waits = stage === 'dropped' || stage === 'passed' ? '' : waiting;
  const holder = stage === 'held' || stage === 'done' ? `by ${workerAt(worker)} ${from}` : '';
  const end = stage === 'done' || stage === 'by_hand' ? `at ${to} ${result}` : '';
  const place = at === null ? '' : ` queued ${at} ${due} ${rank} ${queue}`;
  return `step ${taskAt(task)}.${position}: ${stage} runs ${runs} of ${limit} waits ${waits} ${holder} ${end} ${hurt} ${inputs}${place}`;
}

type Cell = string | number | boolean | null | undefined;
type Cells = readonly Cell[];

/** The number of an id; an id that nobody was told of is shown as it is. */
function numbersOf(ids: readonly number[]): (id: Cell) => number | string {
  const numbers = new Map<Cell, number>(ids.map((id, number) => [id, number]));
  return (id) => numbers.get(id) ?? `with unknown id ${id}`;
}

/** The engine's words for a task, in the model's. */
export const TASK_STAGES: Readonly<Record<string, TaskStage>> = {
  pending: 'new',
  in_progress: 'going',
  error: 'failed',
  complete: 'done',
  resolved_manually: 'by_hand',
  cancelled: 'dropped',
};

/** The same for a step. */
export const STAGES: Readonly<Record<string, Stage>> = {
  pending: 'idle',
  in_progress: 'held',
  error: 'failed',
  complete: 'done',
  resolved_manually: 'by_hand',
  cancelled: 'dropped',
  skipped: 'passed',
};

function pictureText(t: Tables): string {
  const ms = (column: string): string =>
    `(date_part('epoch', ${column}) * 1000)::int8 - ${BEGINNING}`;
  const list = (elements: string, from: string, order: string): string =>
    `(select json_agg(json_build_array(${elements}) order by ${order}) from ${from})`;
  return `
select ${list(
    `task_id, status, ${ms('started_at')}, ${ms('settled_at')}, leaves_left, reason`,
    t.tasks,
    'task_id',
  )} as tasks,
       ${list(
         `s.task_id, s.position, s.status, s.attempts, s.retry_limit, s.waiting_on, s.worker_id, ${ms('s.started_at')},
          ${ms('s.completed_at')}, s.results::text, s.error is not null, s.inputs::text, ${ms('r.ready_at')}, r.due, r.rank, r.queue`,
         `${t.workflow_steps} as s full join ${t.ready_steps} as r on r.task_id = s.task_id and r.position = s.position`,
         's.task_id, s.position',
       )} as steps,
       ${list(
         `task_id, position, attempt, worker_id, outcome, ${ms('started_at')}, ${ms('finished_at')}, ${ms('retry_at')}`,
         t.step_attempts,
         'task_id, position, attempt',
       )} as attempts,
       ${list(
         `worker_id, ${ms('lease_expires_at')}, lost_at is not null, stopped_at is not null`,
         t.workers,
         'worker_id',
       )} as workers,
       ${list(`task_id, ${ms('requested_at')}`, t.task_identities, 'identity_key')} as known`;
}
