import { describe, expect, test } from 'vitest';
import { problemOf, stepLine, waitingBecause } from '../../src/cli/output/explain.ts';
import type { WorkflowStep } from '../../src/model/task.ts';
import type { WorkerInfo } from '../../src/engine/types.ts';
import { NOW, ago, sampleAttempt, sampleProgress, sampleStep } from './samples.ts';

function sentence(step: WorkflowStep, others: readonly WorkflowStep[] = []): string {
  return stepLine(step, { progress: sampleProgress([...others, step]), now: NOW }).note;
}

describe('why a step is not running', () => {
  test('it names the parents that it waits for', () => {
    const parents = [
      sampleStep(0, { name: 'fetch_cart', status: 'complete' }),
      sampleStep(1, { name: 'fetch_products', status: 'in_progress' }),
      sampleStep(2, { name: 'fetch_stock' }),
    ];
    const step = sampleStep(3, { parents: [0, 1, 2], waitingOn: 2 });
    expect(sentence(step, parents)).toBe('waiting for fetch_products, fetch_stock');
  });

  test('it names a parent that will not finish by itself', () => {
    const parents = [
      sampleStep(0, { name: 'fetch_cart', status: 'error', readyAt: null }),
      sampleStep(1, { name: 'fetch_products' }),
    ];
    const step = sampleStep(2, { parents: [0, 1], waitingOn: 2 });
    expect(sentence(step, parents)).toBe('blocked by fetch_cart');
  });

  test('it counts parents beyond five', () => {
    const parents = Array.from({ length: 8 }, (_, position) => sampleStep(position));
    const step = sampleStep(8, { parents: [0, 1, 2, 3, 4, 5, 6, 7], waitingOn: 8 });
    expect(sentence(step, parents)).toBe(
      'waiting for step_0, step_1, step_2, step_3, step_4 and 3 more',
    );
  });

  test('it says when the next attempt comes', () => {
    const error = { name: 'StockApiError', message: '503' };
    const step = sampleStep(0, {
      status: 'error',
      attempts: 1,
      retryLimit: 5,
      readyAt: ago(-1.8),
      error,
    });
    const line = stepLine(step, { progress: sampleProgress([step]), now: NOW });
    expect(line).toEqual({
      mark: 'retrying',
      name: 'step_0',
      note: 'attempt 2 of 5, retry in 1.8s',
      problem: 'StockApiError: 503',
    });
  });

  test('a step whose time has come waits for a worker', () => {
    expect(sentence(sampleStep(0, { readyAt: ago(1) }))).toBe('ready, waiting for a free worker');
  });

  test('a step in a queue that nobody serves says so, once the workers are known', () => {
    const step = sampleStep(0, { readyAt: ago(1), queue: 'slow' });
    const progress = sampleProgress([step]);
    const around = { progress, now: NOW, workers: [worker({ queues: ['default'] })] };
    expect(waitingBecause(step, around)).toBe('ready, but no worker serves queue "slow"');
    const served = { ...around, workers: [worker({ queues: ['slow'] })] };
    expect(waitingBecause(step, served)).toBe('ready, waiting for a free worker');
    const lost = { ...around, workers: [worker({ queues: ['slow'], state: 'lost' as const })] };
    expect(waitingBecause(step, lost)).toBe('ready, but no worker serves queue "slow"');
  });

  test('a step that is held back by a width limit says so', () => {
    expect(sentence(sampleStep(0, { waitingOn: 0, readyAt: null }))).toBe(
      'waiting for its turn: the task limits how many steps run at once',
    );
  });

  test('an exhausted step says how often it was tried', () => {
    expect(sentence(sampleStep(0, { status: 'error', attempts: 3 }))).toBe(
      'failed after 3 attempts',
    );
    expect(sentence(sampleStep(0, { status: 'error', attempts: 1 }))).toBe(
      'failed for good after 1 attempt, no retry',
    );
  });
});

test('a finished step says how long its last attempt took, and which it was', () => {
  const attempts = [
    sampleAttempt('step_0', { outcome: 'error', startedAt: ago(9), finishedAt: ago(8) }),
    sampleAttempt('step_0', { attempt: 2, startedAt: ago(5), finishedAt: ago(4.958) }),
  ];
  const step = sampleStep(0, { status: 'complete', attempts: 2 });
  const { note } = stepLine(step, { progress: sampleProgress([step], { attempts }), now: NOW });
  expect(note).toBe('42ms, attempt 2 of 3');
});

test('a running step says for how long, and nothing about waiting', () => {
  const step = sampleStep(0, { status: 'in_progress', lastAttemptedAt: ago(3.2) });
  const around = { progress: sampleProgress([step]), now: NOW };
  expect(stepLine(step, around).note).toBe('running 3.2s');
  expect(waitingBecause(step, around)).toBeNull();
});

function worker(change: Partial<WorkerInfo>): WorkerInfo {
  return {
    workerId: 1,
    name: 'w',
    hostname: 'h',
    pid: 1,
    version: '0.1.0',
    queues: [],
    slots: 20,
    startedAt: ago(60),
    heartbeatAt: ago(1),
    state: 'alive',
    ...change,
  };
}

test('an error is named by its class, and one of the catalogue by its code', () => {
  const message = 'no';

  expect(problemOf({ name: 'StockError', message, code: 'E7' })).toBe('StockError: no');
  expect(problemOf({ name: 'TaskerError', message, code: 'POISON' })).toBe('POISON: no');
  expect(problemOf({ name: 'TaskerError', message })).toBe('TaskerError: no');
  expect(problemOf(null)).toBeNull();
});
