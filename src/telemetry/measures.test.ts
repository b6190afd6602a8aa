import { describe, expect, test } from 'vitest';
import { samplesOf } from './histogram.ts';
import { Measures, MOST_NAMES } from './measures.ts';

const task = (definitionId: number, name: string) => ({
  definitionId,
  definition: { namespace: 'shop', name },
});

describe('measures', () => {
  test('count the versions of a task together', () => {
    const measures = new Measures();

    measures.tasksCreated(task(1, 'order'), 2);
    measures.tasksCreated(task(2, 'order'), 3);
    measures.taskEnded(task(2, 'order'), 'complete');

    expect(measures.read().tasks).toEqual([
      expect.objectContaining({
        labels: { namespace: 'shop', name: 'order' },
        created: 5,
        ended: { complete: 1, error: 0, cancelled: 0, resolved_manually: 0 },
      }),
    ]);
  });

  test('tell so many names apart and no more, and lose nothing', () => {
    const measures = new Measures();
    const names = MOST_NAMES + 50;

    for (let id = 1; id <= names; id += 1) measures.tasksCreated(task(id, `task_${id}`), 1);
    measures.tasksCreated(task(1, 'task_1'), 1);

    const { tasks } = measures.read();
    expect(tasks).toHaveLength(MOST_NAMES + 1);
    expect(tasks.at(-1)).toMatchObject({
      labels: { namespace: 'other', name: 'other' },
      created: 50,
    });
    expect(tasks.reduce((sum, { created }) => sum + created, 0)).toBe(names + 1);
  });

  test('put a duration into every bucket that it does not exceed', () => {
    const measures = new Measures();
    for (const ms of [0, 1, 1.1, 5_000_000]) measures.claimed('default', ms);

    const samples = samplesOf('wait', measures.read().waits);
    const bucket = (le: number | string) =>
      samples.find(({ labels }) => labels['le'] === le)?.value;

    expect(bucket(0.001)).toBe(2);
    expect(bucket(0.005)).toBe(3);
    expect(bucket(3_600)).toBe(3);
    expect(bucket('+Inf')).toBe(4);
    expect(samples.find(({ metricName }) => metricName === 'wait_count')?.value).toBe(4);
    expect(samples.find(({ metricName }) => metricName === 'wait_sum')?.value).toBeCloseTo(
      5_000.0021,
    );
  });

  test('take a wait that ends before it began for none', () => {
    const measures = new Measures();

    measures.claimed('default', -3);

    expect(measures.read().waits[0]).toMatchObject({ sum: 0 });
  });
});
