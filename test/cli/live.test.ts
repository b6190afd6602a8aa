import { expect, test } from 'vitest';
import { createScreen } from '../../src/cli/screen.ts';
import { createProgressView, frameLines, selectLines } from '../../src/cli/output/live.ts';
import type { StepLine } from '../../src/cli/output/explain.ts';
import type { Progress } from '../../src/cli/output/explain.ts';
import { textWidth } from '../../src/cli/output/text.ts';
import { recordedIo } from './recorded-io.ts';
import { NOW, ago, sampleAttempt, sampleProgress, sampleStep } from './samples.ts';

const ERROR = { name: 'StockApiError', message: '503 from the stock service\u001B[2J' };

function running(): Progress {
  return sampleProgress(
    [
      sampleStep(0, { name: 'fetch_cart', status: 'complete' }),
      sampleStep(1, { name: 'fetch_products', status: 'in_progress', lastAttemptedAt: ago(1.2) }),
      sampleStep(2, {
        name: 'check_stock',
        status: 'error',
        retryLimit: 5,
        readyAt: ago(-1.8),
        error: ERROR,
      }),
      sampleStep(3, { name: 'create_order', parents: [0, 1, 2], waitingOn: 2 }),
    ],
    {
      attempts: [
        sampleAttempt('fetch_cart', { startedAt: ago(9), finishedAt: ago(8.958) }),
        sampleAttempt('check_stock', {
          outcome: 'error',
          startedAt: ago(5),
          finishedAt: ago(4),
          error: ERROR,
        }),
        sampleAttempt('fetch_products', {
          outcome: 'running',
          startedAt: ago(1.2),
          finishedAt: null,
        }),
      ],
    },
  );
}

function finished(): Progress {
  const progress = running();
  const steps = progress.steps.map((step) => ({
    ...step,
    status: 'complete' as const,
    readyAt: null,
    error: null,
    attempts: step.position === 2 ? 2 : 1,
  }));
  const attempts = [
    ...progress.attempts.slice(0, 2),
    sampleAttempt('fetch_products', { startedAt: ago(1.2), finishedAt: ago(1) }),
    sampleAttempt('check_stock', { attempt: 2, startedAt: ago(0.9), finishedAt: ago(0.8) }),
    sampleAttempt('create_order', { startedAt: ago(0.7), finishedAt: ago(0.6) }),
  ];
  const task = {
    ...progress.task,
    status: 'complete' as const,
    complete: true,
    settledAt: ago(0.5),
  };
  return { task, steps, attempts };
}

test('a frame shows a line per step and the state of the task', () => {
  const screen = createScreen(recordedIo({ isTTY: true, columns: 120 }), { color: false });
  expect(frameLines(running(), { screen, now: NOW, frame: 0 })).toEqual([
    '  ✓ fetch_cart      42ms',
    '  ⠋ fetch_products  running 1.2s',
    '  ↻ check_stock     attempt 2 of 5, retry in 1.8s   StockApiError: 503 from the stock service\\u001B[2J',
    '  · create_order    waiting for fetch_products, check_stock',
    '  in progress for 10s',
  ]);
});

test.each([20, 40, 60, 79])('no line of a frame is wider than %i columns', (columns) => {
  const screen = createScreen(recordedIo({ isTTY: true, columns }), {});
  const widths = frameLines(running(), { screen, now: NOW, frame: 3 }).map(textWidth);
  expect(Math.max(...widths)).toBeLessThan(columns);
});

test('a frame is no higher than the terminal, and what matters stays visible', () => {
  const steps = Array.from({ length: 200 }, (_, position) =>
    sampleStep(
      position,
      position === 150 ? { status: 'error', name: 'the_failed_one' } : { status: 'complete' },
    ),
  );
  const screen = createScreen(recordedIo({ isTTY: true, rows: 12 }), { color: false });
  const lines = frameLines(sampleProgress(steps), { screen, now: NOW, frame: 0 });
  expect(lines.length).toBeLessThan(12);
  expect(lines.join('\n')).toContain('the_failed_one');
  expect(lines.join('\n')).toContain('… and 192 more: 192 done');
});

test('lines that fit are all shown, in template order', () => {
  const lines: readonly StepLine[] = ['a', 'b'].map((name) => ({
    mark: 'done',
    name,
    note: '',
    problem: null,
  }));
  expect(selectLines(lines, 2)).toEqual({ shown: lines, rest: null });
});

test('on a terminal a new frame covers the one before it', () => {
  const io = recordedIo({ isTTY: true });
  const view = createProgressView(createScreen(io, { color: false }));
  view.update(running(), NOW);
  const first = io.stdout();
  view.tick(NOW);
  const second = io.stdout().slice(first.length);
  expect(first.split('\n').length - 1).toBe(5);
  expect(second.startsWith('\u001B[5A')).toBe(true);
  expect(second.endsWith('\u001B[0J')).toBe(true);
  expect(second).toContain('⠙ fetch_products');
});

test('a pipe gets one line per event, with exact times and nothing cut', () => {
  const io = recordedIo({ columns: 20 });
  const view = createProgressView(createScreen(io, {}));
  view.update(running(), NOW);
  view.update(running(), NOW);
  view.tick(NOW);
  view.update(finished(), NOW);
  view.close(NOW);
  expect(io.stdout().trimEnd().split('\n')).toEqual([
    '2026-11-24T06:00:00.000Z  task 12  in progress for 0ms',
    '2026-11-24T06:00:01.000Z  ▸ fetch_cart  running',
    '2026-11-24T06:00:01.042Z  ✓ fetch_cart  42ms',
    '2026-11-24T06:00:05.000Z  ▸ check_stock  running',
    '2026-11-24T06:00:06.000Z  ↻ check_stock  attempt 1 failed after 1.0s, retry in 5.8s   StockApiError: 503 from the stock service\\u001B[2J',
    '2026-11-24T06:00:08.800Z  ▸ fetch_products  running',
    '2026-11-24T06:00:09.000Z  ✓ fetch_products  200ms',
    '2026-11-24T06:00:09.100Z  ▸ check_stock  running, attempt 2',
    '2026-11-24T06:00:09.200Z  ✓ check_stock  100ms',
    '2026-11-24T06:00:09.300Z  ▸ create_order  running',
    '2026-11-24T06:00:09.400Z  ✓ create_order  100ms',
    '2026-11-24T06:00:09.500Z  task 12  complete in 9.5s',
  ]);
});

test('a machine gets one document per event, and the last one carries the task', () => {
  const io = recordedIo();
  const view = createProgressView(createScreen(io, { json: true }));
  view.update(running(), NOW);
  view.update(finished(), NOW);
  const events: unknown[] = io
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.at(4)).toEqual({
    event: 'step.failed',
    at: '2026-11-24T06:00:06.000Z',
    task_id: 12,
    step: 'check_stock',
    attempt: 1,
    outcome: 'error',
    error: {
      name: 'StockApiError',
      message: ERROR.message,
      code: null,
      retryable: null,
      data: null,
      cause: null,
    },
    retry_at: '2026-11-24T06:00:11.800Z',
    exhausted: false,
  });
  expect(events.at(-1)).toMatchObject({
    event: 'task.completed',
    task: { status: 'complete', complete: true },
  });
});

test('a step that ends without a run is told once', () => {
  const io = recordedIo();
  const view = createProgressView(createScreen(io, {}));
  const progress = sampleProgress([sampleStep(0, { status: 'skipped', processedAt: ago(2) })]);
  view.update(progress, NOW);
  view.update(progress, NOW);
  expect(io.stdout().match(/skipped/g)).toHaveLength(1);
});
