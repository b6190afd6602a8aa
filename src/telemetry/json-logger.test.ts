import { describe, expect, test } from 'vitest';
import { createJsonLogger, type LogLevel } from './json-logger.ts';

function recorded(level?: LogLevel) {
  const lines: string[] = [];
  const logger = createJsonLogger({
    write: (line) => void lines.push(line),
    now: () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
    ...(level !== undefined && { level }),
  });
  return { lines, logger };
}

describe('a JSON logger', () => {
  test('writes one object per line: time, level and message first, then the fields', () => {
    const { lines, logger } = recorded();

    logger.info({ task_id: 7, step: 'charge' }, 'charged\ntwice');

    expect(lines).toEqual([
      '{"time":"2026-01-02T03:04:05.006Z","level":"info","message":"charged\\ntwice","task_id":7,"step":"charge"}\n',
    ]);
  });

  test('leaves out what is below its level', () => {
    const { lines, logger } = recorded('warn');

    logger.debug({}, 'a');
    logger.info({}, 'b');
    logger.warn({}, 'c');
    logger.error({}, 'd');

    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
      'c',
      'd',
    ]);
  });

  test('has children that add their fields to every line, and no field replaces the head', () => {
    const { lines, logger } = recorded();

    logger
      .child?.({ task_id: 7, level: 'fake' })
      .child?.({ step: 'a' })
      .warn({ attempt: 2 }, 'late');

    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: '2026-01-02T03:04:05.006Z',
      level: 'warn',
      message: 'late',
      task_id: 7,
      step: 'a',
      attempt: 2,
    });
  });

  test('writes no secret, wherever it stands', () => {
    const { lines, logger } = recorded();
    const secret = 's3cr3t-v4lue-9';

    logger.child?.({ api_key: secret }).error(
      {
        err: new Error(`connect to postgres://user:${secret}@host/db failed`),
        request: { headers: { authorization: `Bearer ${secret}` } },
        password: { nested: secret },
      },
      `token=${secret} was refused`,
    );

    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(secret);
    expect(lines[0]).toContain('[redacted]');
  });

  test('never throws, whatever is logged', () => {
    const { lines, logger } = recorded();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    let deep: unknown = 0;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    const throwing = {
      get a(): never {
        throw new Error('unreadable');
      },
    };

    logger.info({ circular, deep, throwing, big: 10n, at: new Date(0), nothing: undefined }, 'odd');

    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      circular: '(unreadable)',
      deep: '(unreadable)',
      throwing: '(unreadable)',
      big: '(unreadable)',
      at: '1970-01-01T00:00:00.000Z',
    });
  });
});
