import fc from 'fast-check';
import { expect, test } from 'vitest';
import { problemDto } from '../contract/dto/problem.ts';
import { ERROR_CODES, TaskerError } from '../kernel/errors.ts';
import { silentLogger } from '../kernel/logger.ts';
import { problemResponse, toProblem } from './problem.ts';

const invalid = (problems: readonly { path: string; message: string }[]): TaskerError =>
  new TaskerError('INVALID_REQUEST', {
    problem: problems.map(({ path, message }) => `${path} ${message}`).join('; '),
    problems,
  });
const bytes = (error: unknown): number =>
  Buffer.byteLength(JSON.stringify(toProblem(error, 'r'.repeat(64))));

test.each(['a', '"', '\\', '\u0001', 'é', '😀', '\ud800', '\u2028'])(
  'a problem of nothing but %j stays below 4 KiB and says something',
  (letter) => {
    const problem = { path: letter.repeat(5_000), message: letter.repeat(5_000) };
    const error = invalid(Array.from({ length: 200 }, () => problem));

    expect(bytes(error)).toBeLessThanOrEqual(4_096);
    const { errors = [], detail } = toProblem(error, 'r');
    expect(errors.length).toBeGreaterThan(5);
    expect(detail.length).toBeGreaterThan(100);
  },
);

test('a problem of whatever a caller wrote stays below 4 KiB', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ path: text, message: text }), { maxLength: 60 }),
      (problems) => {
        expect(bytes(invalid(problems))).toBeLessThanOrEqual(4_096);
      },
    ),
  );
});

test('few problems are shown as they are', () => {
  const problems = [{ path: 'task.name', message: 'is missing' }];

  expect(toProblem(invalid(problems), 'r')).toMatchObject({
    type: 'urn:tasker:error:INVALID_REQUEST',
    status: 422,
    detail: 'The request is not valid: task.name is missing',
    errors: problems,
    request_id: 'r',
  });
});

test.each([
  new Error('select * from tasker.tasks at /srv/app.js:1:2'),
  new TypeError("Cannot read properties of undefined (reading 'x')"),
  'a text that was thrown',
  undefined,
  new TaskerError('DATABASE_FAULT', { problem: 'postgres://user:pw@10.0.0.1/db' }),
  new TaskerError('DATABASE_UNAVAILABLE', { problem: 'connect ECONNREFUSED 10.0.0.1:5432' }),
  new TaskerError('DATABASE_LOCKED', { directory: '/srv/secret', pid: 1 }),
])('what is our own failure tells nothing of itself, but to the log', async (error) => {
  const logged: unknown[] = [];
  const logger = { ...silentLogger, error: (fields: unknown) => void logged.push(fields) };

  const response = problemResponse(error, { requestId: 'r', logger });

  expect(response.status).toBeGreaterThanOrEqual(500);
  const text = await response.text();
  expect(text).not.toMatch(/select|srv|10\.0\.0\.1|undefined|thrown/);
  expect(problemDto.safeParse(JSON.parse(text)).success).toBe(true);
  expect(logged).toEqual([expect.objectContaining({ err: error, request_id: 'r' })]);
});

test('every status of the catalogue has a title', () => {
  const statuses = new Set(ERROR_CODES.map(({ status }) => status));

  for (const status of statuses) {
    const code = ERROR_CODES.find((one) => one.status === status)?.code ?? 'INTERNAL_ERROR';
    const error = Object.assign(new TaskerError('INTERNAL_ERROR', {}), { code, status });
    expect(toProblem(error, 'r').title, `${status}`).not.toBe('Error');
  }
});
