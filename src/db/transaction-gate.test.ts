import { expect, test } from 'vitest';

import { TransactionGate } from './transaction-gate.ts';

/** Work that ends when it is told to, and says when it began. */
function work(log: string[], name: string): { run: () => Promise<string>; end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = async (): Promise<string> => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
    return name;
  };
  return { run, end: () => end() };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

test('single statements overlap, a transaction waits for them and keeps later ones out', async () => {
  const gate = new TransactionGate();
  const log: string[] = [];
  const one = work(log, 'one');
  const two = work(log, 'two');
  const exclusive = work(log, 'tx');
  const late = work(log, 'late');
  const all = [
    gate.pass(one.run),
    gate.pass(two.run),
    gate.exclusive(exclusive.run),
    gate.pass(late.run),
  ];
  await settle();
  expect(log).toEqual(['one begins', 'two begins']);
  two.end();
  one.end();
  await settle();
  expect(log.slice(2)).toEqual(['two ends', 'one ends', 'tx begins']);
  exclusive.end();
  late.end();
  expect(await Promise.all(all)).toEqual(['one', 'two', 'tx', 'late']);
  expect(log.slice(5)).toEqual(['tx ends', 'late begins', 'late ends']);
});

test('work that fails does not keep the gate closed', async () => {
  const gate = new TransactionGate();
  const fail = (): Promise<never> => Promise.reject(new Error('no'));
  await expect(gate.exclusive(fail)).rejects.toThrow('no');
  await expect(gate.pass(fail)).rejects.toThrow('no');
  expect(await gate.exclusive(() => Promise.resolve('open'))).toBe('open');
});

test('transactions never overlap, whatever mix of work arrives', async () => {
  const gate = new TransactionGate();
  let inside = 0;
  let exclusive = 0;
  const enter = async (isExclusive: boolean): Promise<void> => {
    inside += 1;
    exclusive += isExclusive ? 1 : 0;
    expect(exclusive === 0 || inside === 1).toBe(true);
    await settle();
    expect(exclusive === 0 || inside === 1).toBe(true);
    inside -= 1;
    exclusive -= isExclusive ? 1 : 0;
  };
  const jobs = Array.from({ length: 200 }, (_, index) =>
    index % 3 === 0 ? gate.exclusive(() => enter(true)) : gate.pass(() => enter(false)),
  );
  await Promise.all(jobs);
  expect(inside).toBe(0);
});
