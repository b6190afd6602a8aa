// What is under way when the process dies. A scenario:
//   verb(s)   whose points it is for
//   prepare   brings the database into the state that the verb is called in; answers what the checks need, as JSON
//   act       does it; `called: true` when the act is a call of the verb, otherwise the verb happens in a worker that the act starts
//   done      the last part of the await after which the effect is there (`commit(act-on-task)`); before it, nothing of it may be
//   isDone    whether the effect is there
//   ends      how the tasks of `prepare` and `act` must end once somebody has called the verb again
//   runs      how often each handler may have run in all, without the crash; a crash costs at most one attempt of a step
import { migrate } from '../../dist/db/migrate.js';
import { isTaskerError } from '../../dist/kernel/errors.js';
import { MIGRATIONS } from '../../dist/store/migrations.generated.js';

const BY = { actor: 'crash-points', reason: 'a crash point' };
const COMMIT = 'commit(act-on-task)';
const FLOW = ['a', 'b', 'c', 'd'];
const isRunning = ({ status }) => status === 'in_progress';
const each = (steps, count) => Object.fromEntries(steps.map((step) => [step, count]));

// Scenes: where a task stands when an operator comes.
const scenes = {
  fresh: (w, name = 'flow', plan = {}) => w.create(name, plan),
  complete: (w) => w.ran('flow', {}, 'complete'),
  /** `a` is exhausted, and would succeed if it were tried again. */
  failed: (w) => w.ran('flow', { a: { fatal: 1 } }, 'error'),
  /** Every step of a narrow task is exhausted: revived, they must share two lanes. */
  narrowFailed: (w) =>
    w.ran(
      'narrow',
      { n0: { fatal: 1 }, n1: { fatal: 1 }, n2: { fatal: 1 }, n3: { fatal: 1 } },
      'error',
    ),
  /** `p` has failed once and waits for ten minutes. */
  async waiting(w) {
    const target = await w.create('patient', { p: { fail: 1 } });
    const { tasker, stop } = await w.worker();
    await w.until(async () => (await tasker.step(target.t, 'p')).status === 'error');
    await stop();
    return target;
  },
  /** A worker holds `a`. */
  async running(w) {
    const target = await w.create('flow', { a: { hold: 1 } });
    const { tasker } = await w.worker();
    await w.until(async () => (await tasker.step(target.t, 'a')).status === 'in_progress');
    return target;
  },
  /** A worker finished `a` when it was asked to stop; what comes after it is for others. */
  async handedOver(w) {
    const target = await w.create('flow', { a: { hold: 1 } });
    const { tasker, stop } = await w.worker();
    await w.until(async () => (await tasker.step(target.t, 'a')).status === 'in_progress');
    const stopped = stop();
    w.release();
    await stopped;
    return target;
  },
  /** A worker died while it ran a step. */
  died: (name, plan, step) => async (w) => {
    const target = await w.create(name, plan);
    const { die } = await w.mortal();
    await w.until(async () => isRunning(await w.looking.step(target.t, step)));
    die();
    return target;
  },
  /** A worker died after it had stored that a step is exhausted, and before it asked whether the task goes on. */
  diedUnasked: (plan) => async (w) => {
    const target = await w.create('frail', plan);
    const { died } = await w.mortal('fail/begin(settle-tasks)/before');
    await died;
    return target;
  },
  /** The worker that finished a step of a narrow task died before it gave the free lane away. */
  async unsettled(w) {
    const target = await w.create('narrow', { n1: { hold: 1 } });
    const { died } = await w.mortal('complete/begin(settle-tasks)/before', { concurrency: 2 });
    await died;
    return target;
  },
};

const operator = (verb, scene, { act, status, ends, runs = {}, isDone, name = '' }) => ({
  name: `${verb} of ${name || scene}`,
  verbs: [verb],
  called: true,
  prepare: scenes[scene],
  act,
  done: COMMIT,
  isDone:
    isDone ??
    (async (tasker, { t }) => {
      const task = await tasker.task(t);
      return task.status === status;
    }),
  ends: { t: ends },
  runs,
});

/** A verb that is refused: nothing is done, however often it is called. */
const refused = (verb, act) => ({
  ...operator(verb, 'complete', {
    act: (tasker, target) =>
      act(tasker, target).then(
        () => Promise.reject(new Error('it was not refused')),
        (error) => (isTaskerError(error) && error.status < 500 ? undefined : Promise.reject(error)),
      ),
    ends: 'complete',
    runs: each(FLOW, 1),
    name: 'what is over',
  }),
  isDone: undefined,
  done: undefined,
});

const stepIs =
  (step, ...statuses) =>
  async (tasker, { t }) =>
    statuses.includes((await tasker.step(t, step)).status);
const logged =
  (action) =>
  async (tasker, { t }) =>
    (await tasker.operatorLog(t)).some((line) => line.action === action);

const OPERATORS = [
  operator('cancel-task', 'fresh', {
    act: (tasker, { t }) => tasker.cancelTask(t, BY),
    status: 'cancelled',
    ends: 'cancelled',
  }),
  operator('cancel-task', 'running', {
    act: (tasker, { t }) => tasker.cancelTask(t, BY),
    status: 'cancelled',
    ends: 'cancelled',
    runs: { a: 1 },
  }),
  refused('cancel-task', (tasker, { t }) => tasker.cancelTask(t, BY)),
  operator('resolve-task', 'fresh', {
    act: (tasker, { t }) => tasker.resolveTask(t, BY),
    status: 'resolved_manually',
    ends: 'resolved_manually',
  }),
  refused('resolve-task', (tasker, { t }) => tasker.resolveTask(t, BY)),
  operator('retry-task', 'failed', {
    act: (tasker, { t }) => tasker.retryTask(t, BY),
    status: 'in_progress',
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
  }),
  operator('edit-task', 'fresh', {
    act: (tasker, { t }) => tasker.updateTask(t, { reason: 'edited' }),
    isDone: async (tasker, { t }) => (await tasker.task(t)).reason === 'edited',
    ends: 'complete',
    runs: each(FLOW, 1),
  }),
  operator('reset-task', 'failed', {
    act: (tasker, { t }) => tasker.resetTask(t, BY),
    isDone: logged('reset_task'),
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
  }),
  operator('cancel-step', 'fresh', {
    act: (tasker, { t }) => tasker.cancelStep(t, 'b', BY),
    isDone: stepIs('b', 'cancelled'),
    ends: 'cancelled',
    runs: { a: 1, c: 1 },
  }),
  operator('cancel-step', 'failed', {
    act: (tasker, { t }) => tasker.cancelStep(t, 'a', BY),
    isDone: stepIs('a', 'cancelled'),
    ends: 'cancelled',
    runs: { a: 1 },
  }),
  operator('cancel-step', 'unsettled', {
    act: (tasker, { t }) => tasker.cancelStep(t, 'n3', BY),
    isDone: stepIs('n3', 'cancelled'),
    ends: 'cancelled',
    runs: { ...each(['n0', 'n1', 'n2'], 1), n1: 2 },
  }),
  operator('retry-step', 'failed', {
    act: (tasker, { t }) => tasker.retryStep(t, 'a', BY),
    isDone: logged('retry_step'),
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
  }),
  operator('retry-step', 'waiting', {
    act: (tasker, { t }) => tasker.retryStep(t, 'p', BY),
    isDone: logged('retry_step'),
    ends: 'complete',
    runs: { p: 2, q: 1 },
  }),
  operator('resolve-step', 'failed', {
    act: (tasker, { t }) => tasker.resolveStep(t, 'a', { ...BY, result: { done: true } }),
    isDone: stepIs('a', 'resolved_manually'),
    ends: 'complete',
    runs: { ...each(FLOW, 1) },
  }),
  operator('resolve-step', 'waiting', {
    act: (tasker, { t }) => tasker.resolveStep(t, 'p', { ...BY, result: { done: true } }),
    isDone: stepIs('p', 'resolved_manually'),
    ends: 'complete',
    runs: { p: 1, q: 1 },
  }),
  operator('resolve-step', 'unsettled', {
    act: (tasker, { t }) => tasker.resolveStep(t, 'n3', BY),
    isDone: stepIs('n3', 'resolved_manually'),
    ends: 'complete',
    runs: { ...each(['n0', 'n1', 'n2'], 1), n1: 2 },
  }),
  operator('edit-step', 'fresh', {
    act: (tasker, { t }) => tasker.updateStep(t, 'd', { ...BY, inputs: { plan: {} } }),
    isDone: logged('update_step'),
    ends: 'complete',
    runs: each(FLOW, 1),
  }),
  operator('edit-step', 'failed', {
    act: (tasker, { t }) => tasker.updateStep(t, 'a', { ...BY, retryLimit: 5 }),
    isDone: logged('update_step'),
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
  }),
  operator('reset-step', 'failed', {
    act: (tasker, { t }) => tasker.resetStep(t, 'a', BY),
    isDone: logged('reset_step'),
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
  }),
  operator('retry-task', 'narrowFailed', {
    act: (tasker, { t }) => tasker.retryTask(t, BY),
    status: 'in_progress',
    ends: 'complete',
    runs: each(['n0', 'n1', 'n2', 'n3'], 2),
  }),
];

const NEW = { context: { plan: {} }, idempotencyKey: 'once' };
const create = (name, { act, done, isDone, ends = 'complete', prepare = () => ({}) }) => ({
  name: `create ${name}`,
  verbs: ['create'],
  called: true,
  prepare,
  act,
  done,
  isDone,
  again: true, // who asks again with the same key gets the same task
  ends: { t: ends },
  runs: each(FLOW, 1),
});
const exists = (count) => async (tasker) =>
  (await tasker.tasks({ limit: 10 })).tasks.length === count;

const CREATIONS = [
  create('a task with a key', {
    act: async (tasker) => ({ t: (await tasker.create('flow', NEW)).taskId }),
    done: 'insert-tasks',
    isDone: exists(1),
  }),
  create('a task whose key is taken', {
    prepare: async ({ looking }) => ({ t: (await looking.create('flow', NEW)).taskId }),
    act: async (tasker) => ({ t: (await tasker.create('flow', NEW)).taskId }),
    isDone: exists(1),
  }),
  create('several tasks with keys, one twice', {
    act: async (tasker) => {
      const other = { ...NEW, context: { plan: {}, other: true }, idempotencyKey: 'other' };
      await tasker.createMany('flow', [other]);
      const [t, u] = await tasker.createMany('flow', [NEW, other]);
      return { t: t.taskId, u: u.taskId };
    },
    done: 'commit(create-tasks)',
    isDone: exists(2),
  }),
];

/** Creates in a transaction that the caller begins and commits. */
const withinOwn = (create) => async (tasker, target, db) =>
  db.transaction((tx) =>
    create(tasker, {
      transaction: { query: (text, values) => tx.query({ text, values }) },
      notify: false,
    }),
  );
const JOINED = [
  {
    ...create('a task in a transaction of the caller', {
      act: withinOwn(async (tasker, options) => ({
        t: (await tasker.create('flow', NEW, options)).taskId,
      })),
      done: 'commit(caller)',
      isDone: exists(1),
    }),
    verbs: ['create-in-transaction'],
    isOnPostgres: true,
  },
  {
    ...create('several tasks in a transaction of the caller', {
      act: withinOwn(async (tasker, options) => {
        const other = { ...NEW, idempotencyKey: 'other' };
        const [t] = await tasker.createMany('flow', [NEW, other], options);
        return { t: t.taskId };
      }),
      done: 'commit(caller)',
      isDone: exists(2),
    }),
    verbs: ['create-in-transaction'],
    isOnPostgres: true,
  },
  {
    ...create('tasks in a transaction of the caller, of which one is refused', {
      prepare: async ({ looking }) => ({ t: (await looking.create('flow', NEW)).taskId }),
      act: withinOwn(async (tasker, options) => {
        const changed = { ...NEW, context: { plan: {}, changed: true } };
        const other = { ...NEW, idempotencyKey: 'other' };
        const refusal = await tasker.createMany('flow', [other, changed], options).catch((e) => e);
        if (refusal?.code !== 'IDEMPOTENCY_CONFLICT') throw refusal;
      }),
      isDone: exists(1),
    }),
    again: false,
    verbs: ['create-in-transaction'],
    isOnPostgres: true,
  },
];

const NOTED = {
  name: 'annotate a task',
  verbs: ['annotate'],
  called: true,
  prepare: scenes.fresh,
  act: (tasker, { t }) => tasker.annotate(t, 'remark', { by: 'hand' }),
  done: 'commit(annotate)',
  isDone: async (tasker, { t }) => (await tasker.annotations(t)).length === 1,
  ends: { t: 'complete' },
  runs: each(FLOW, 1),
};

const ONE = { system: 'left', id: '1' };
const TWO = { system: 'right', id: '2' };
const mapped = async (tasker) => (await tasker.mappedObjects(ONE)).length === 1;
const MAPPINGS = [
  {
    name: 'map two objects',
    verbs: ['map-objects'],
    called: true,
    prepare: () => ({}),
    act: (tasker) => tasker.mapObjects(ONE, TWO),
    done: 'map-objects.2',
    isDone: mapped,
    ends: {},
    runs: {},
  },
  {
    name: 'map two objects that are mapped',
    verbs: ['map-objects'],
    called: true,
    prepare: ({ looking }) => looking.mapObjects(ONE, TWO).then(() => ({})),
    act: (tasker) => tasker.mapObjects(ONE, TWO),
    isDone: mapped,
    ends: {},
    runs: {},
  },
];

/** A worker is started on a task; the act is over when the task is, and the worker has renewed its lease and stopped. */
const working = (name, verbs, { scene, ends, runs, worker = {}, until }) => ({
  name,
  verbs,
  called: false,
  prepare: scene,
  async act(w, target) {
    const started = await w.start(worker);
    await (until ?? w.ended)(w, w.looking, target, started);
    await started.stop();
  },
  ends: { t: ends },
  runs,
});

const WORKERS = [
  working(
    'run a task',
    [
      'start',
      'register-worker',
      'promote-due',
      'claim',
      'complete',
      'renew',
      'stop-worker',
      'serve',
      'prepare',
    ],
    {
      scene: (w) => scenes.fresh(w),
      ends: 'complete',
      runs: each(FLOW, 1),
      until: async (w, tasker, target) => {
        await w.ended(w, tasker, target);
        await w.passed('renew/renew-lease/after');
      },
    },
  ),
  working('a step that leaves a note', ['complete'], {
    scene: (w) => scenes.fresh(w, 'flow', { a: { note: true } }),
    ends: 'complete',
    runs: each(FLOW, 1),
  }),
  working('a narrow task', ['complete'], {
    scene: (w) => scenes.fresh(w, 'narrow'),
    ends: 'complete',
    runs: each(['n0', 'n1', 'n2', 'n3'], 1),
  }),
  working('a step that is repeated', ['fail', 'promote-due'], {
    scene: (w) => scenes.fresh(w, 'flow', { a: { fail: 1 } }),
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
  }),
  working('a step that is exhausted', ['fail'], {
    scene: (w) => scenes.fresh(w, 'flow', { a: { fatal: 9 } }),
    ends: 'error',
    runs: { a: 1 },
  }),
  working('a step that is exhausted and frees a lane', ['fail'], {
    scene: (w) => scenes.fresh(w, 'frail', { f0: { fatal: 9 } }),
    ends: 'error',
    runs: { f0: 1, f1: 1 },
  }),
  working('the last step of a task in which another has failed', ['complete'], {
    scene: (w) => scenes.fresh(w, 'flow', { b: { fatal: 9 }, c: { hold: 1 } }),
    ends: 'error',
    runs: { a: 1, b: 1, c: 1 },
    until: async (w, tasker, target) => {
      await w.passed('fail/commit(settle-tasks)/after'); // or that settling would see the end of c, too
      w.release();
      await w.ended(w, tasker, target);
    },
  }),
];

const LOSSES = [
  working('a worker that was lost long ago', ['reap'], {
    async scene(w) {
      const target = await scenes.died('flow', { a: { hold: 1 } }, 'a')(w);
      const { stop } = await w.worker();
      await w.until(async () => (await w.looking.step(target.t, 'a')).attempts === 2);
      await w.ended(w, w.looking, target);
      await stop();
      await w.passTime('2 minutes');
      return target;
    },
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
    until: async (w) => {
      await w.until(async () =>
        w.trial.trail.some((point) => /^reap\/(mark-emptied|held-steps).*\/after$/.test(point)),
      );
    },
  }),
  working('the step of a worker that died', ['reap'], {
    scene: scenes.died('flow', { a: { hold: 1 } }, 'a'),
    ends: 'complete',
    runs: { ...each(FLOW, 1), a: 2 },
  }),
  working('the last attempt of a worker that died', ['reap'], {
    scene: scenes.died('frail', { f0: { hold: 1 } }, 'f0'),
    ends: 'error',
    runs: { f0: 1, f1: 1 },
  }),
  working('the last step of a task and of a worker that died', ['reap'], {
    scene: scenes.died('frail', { f1: { hold: 1 } }, 'f1'),
    ends: 'error',
    runs: { f0: 1, f1: 1 },
  }),
  working('a free lane that nobody gave away', ['sweep'], {
    scene: scenes.diedUnasked({ f0: { fatal: 9 } }),
    ends: 'error',
    runs: { f0: 1, f1: 1 },
  }),
  working('a task that nobody ended', ['sweep'], {
    scene: scenes.diedUnasked({ f1: { fatal: 9 } }),
    ends: 'error',
    runs: { f0: 1, f1: 1 },
  }),
];

const DETOURS = [
  working('a step whose parent ran elsewhere', ['prepare'], {
    scene: (w) => scenes.handedOver(w),
    ends: 'complete',
    runs: each(FLOW, 1),
  }),
  {
    isHeavy: true,
    ...working('a step of a task that was forgotten', ['prepare'], {
      // A worker remembers a thousand tasks: while `a` runs, more than that come and go.
      scene: (w) => scenes.fresh(w, 'flow', { a: { hold: 1 } }),
      worker: { concurrency: 100 },
      ends: 'complete',
      runs: each(FLOW, 1),
      until: async (w, tasker, target) => {
        await w.until(async () => isRunning(await tasker.step(target.t, 'a')));
        const specks = Array.from({ length: 1_050 }, () => ({ context: {} }));
        const taskIds = (await tasker.createMany('speck', specks)).map(({ taskId }) => taskId);
        for (let from = 0; from < taskIds.length; from += 200) {
          const page = taskIds.slice(from, from + 200);
          await w.until(async () => {
            const steps = await tasker.stepsOfTasks(page);
            return page.every((taskId) => steps.get(taskId)?.[0]?.status === 'complete');
          });
        }
        w.release();
        await w.ended(w, tasker, target);
      },
    }),
  },
  working('a run that takes long', ['check-held'], {
    scene: (w) => scenes.fresh(w, 'flow', { a: { hold: 1 } }),
    ends: 'complete',
    runs: each(FLOW, 1),
    until: async (w, tasker, target) => {
      await w.passed('check-held/lost-runs/after');
      w.release();
      await w.ended(w, tasker, target);
    },
  }),
  working('an answer that was lost', ['reconcile'], {
    scene: (w) => scenes.fresh(w),
    worker: { loses: 'complete/advance-steps/after' },
    ends: 'complete',
    runs: each(FLOW, 1),
  }),
  working('a task that the worker has no code for', ['give-back'], {
    scene: (w) => scenes.fresh(w),
    worker: { knows: false },
    ends: 'complete',
    runs: each(FLOW, 1),
    until: (w) => w.passed('give-back/return-steps/after'),
  }),
  working('a claim that is answered when the worker stops', ['give-back'], {
    scene: (w) => scenes.fresh(w),
    worker: { waits: 'claim/advance-steps/after' },
    ends: 'complete',
    runs: each(FLOW, 1),
    until: async (w, _tasker, _target, { stop, goOn }) => {
      await w.passed('claim/advance-steps/after');
      const stopped = stop();
      goOn();
      await stopped;
    },
  }),
  {
    ...working('a new task whose first step an idle worker takes on', ['create'], {
      scene: () => ({}),
      runs: each(FLOW, 1),
      until: async (w, tasker, _target, started) => {
        await w.until(() => w.trial.trail.includes('claim/advance-steps/after'));
        const { taskId } = await w.retried(() => started.tasker.create('flow', NEW));
        await w.ended(w, tasker, { t: taskId });
      },
    }),
    variant: 'taken on',
    repeat: async ({ looking }) => ({ t: (await looking.create('flow', NEW)).taskId }),
    ends: { t: 'complete' },
  },
];

const SCHEMA = [
  {
    name: 'migrate an empty database',
    verbs: ['migrate'],
    called: true,
    raw: true,
    isBare: true,
    prepare: () => ({}),
    act: ({ schema }, db) => migrate(db, { schema, migrations: MIGRATIONS }),
    repeat: (world) => world.create('flow', {}),
    ends: { t: 'complete' },
    runs: each(FLOW, 1),
  },
  {
    name: 'forget lapsed keys',
    verbs: ['prune'],
    called: true,
    raw: true,
    prepare: (w) => scenes.fresh(w),
    act: ({ store }, db) => store.pruneIdentities(db),
    ends: { t: 'complete' },
    runs: each(FLOW, 1),
  },
];

export const SCENARIOS = [
  ...OPERATORS,
  ...CREATIONS,
  ...JOINED,
  NOTED,
  ...MAPPINGS,
  ...WORKERS,
  ...LOSSES,
  ...DETOURS,
  ...SCHEMA,
];
