// The tasks of the crash points. What a step does is asked for in the context: `plan[<step>]`, with
//   fatal: attempts up to this number end the step       fail: attempts up to this number fail and are repeated
//   hold: attempts up to this number run until the process lets go        note: leaves an annotation
// Before a run, a line goes into the witness file; the death of a process does not take it back.
import { appendFileSync } from 'node:fs';
import { defineTask, PermanentError, RetryableError } from '../../dist/index.js';

const QUICK = { strategy: 'fixed', base: '10ms', jitter: 'none' };
const options = (name, more = {}) => ({
  name,
  version: '1.0.0',
  identity: 'none',
  retryLimit: 3,
  backoff: QUICK,
  ...more,
});

/** @param witness the file, @param held resolves when steps that hold may go on */
export function definitions({ witness, held }) {
  const work = (schema) => async (ctx) => {
    const plan = ctx.context.plan?.[ctx.step.name] ?? {};
    const { attempt, name } = ctx.step;
    appendFileSync(witness, `${schema()} ${ctx.task.id} ${name} ${attempt}\n`);
    if (attempt <= (plan.hold ?? 0)) await held(ctx.signal);
    if (attempt <= (plan.fatal ?? 0)) throw new PermanentError('asked to end');
    if (attempt <= (plan.fail ?? 0)) throw new RetryableError('asked to fail');
    if (plan.note) ctx.annotate('remark', { by: name });
    return { done: true };
  };
  return (schema) => {
    const run = work(() => schema);
    return [
      defineTask(options('flow'), (t) => {
        const a = t.step('a', {}, run);
        const b = t.step('b', { dependsOn: { a } }, run);
        const c = t.step('c', { dependsOn: { a } }, run);
        t.step('d', { dependsOn: { b, c } }, run);
      }),
      defineTask(options('narrow', { width: 2 }), (t) => {
        for (const name of ['n0', 'n1', 'n2', 'n3']) t.step(name, {}, run);
      }),
      // One attempt only: whatever is lost is exhausted.
      defineTask(options('frail', { width: 1, retryLimit: 1 }), (t) => {
        for (const name of ['f0', 'f1']) t.step(name, {}, run);
      }),
      defineTask(
        options('patient', {
          backoff: { strategy: 'fixed', base: '10m', max: '10m', jitter: 'none' },
        }),
        (t) => {
          const p = t.step('p', {}, run);
          t.step('q', { dependsOn: { p } }, run);
        },
      ),
      // Stays open until somebody serves the other queue.
      defineTask(options('speck'), (t) => {
        const here = t.step('here', {}, () => null);
        t.step('elsewhere', { dependsOn: { here }, queue: 'elsewhere' }, () => null);
      }),
    ];
  };
}
