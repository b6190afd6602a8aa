import { expect, test } from 'vitest';
import { defineTask } from './define-task.ts';
import { compareVersions, createRegistry } from './registry.ts';
import type { LoadedDefinition } from './task-definition.ts';

interface Named {
  readonly name?: string;
  readonly namespace?: string;
  readonly version?: string;
  readonly step?: string;
}

function task({ name = 'order', step = 'a', ...rest }: Named = {}): LoadedDefinition {
  return defineTask({ name, ...rest }, (t) => void t.step(step, {}, () => null));
}

test('finds a task by its name, with its namespace, and with its version', () => {
  const registry = createRegistry();
  const order = registry.add(task({ namespace: 'shop', version: '1.0.0' }));
  expect([
    registry.find('order'),
    registry.find('shop/order'),
    registry.find('shop/order@1.0.0'),
  ]).toEqual([order, order, order]);
  expect(registry.exact('shop', 'order', '1.0.0')).toBe(order);
  expect(registry.exact('shop', 'order', '2.0.0')).toBeUndefined();
});

test('prefers the default namespace for a bare name, and asks when there is doubt', () => {
  const registry = createRegistry();
  registry.add(task({ namespace: 'shop' }));
  registry.add(task({ namespace: 'depot' }));
  expect(() => registry.find('order')).toThrow(/shop\/order or depot\/order/);
  const own = registry.add(task());
  expect(registry.find('order')).toBe(own);
});

test('suggests the nearest name for one that does not exist', () => {
  const registry = createRegistry();
  registry.add(task({ name: 'process_order' }));
  expect(() => registry.find('proces_order')).toThrow(/Did you mean "process_order"/);
  expect(() => registry.find('default/process_ordr')).toThrow(
    /Did you mean "default\/process_order"/,
  );
  expect(() => registry.find('nothing')).toThrow(
    expect.objectContaining({ code: 'DEFINITION_NOT_FOUND' }),
  );
});

test('names the known versions when only the version is wrong', () => {
  const registry = createRegistry();
  for (const version of ['1.10.0', '1.2.0']) registry.add(task({ version }));
  expect(() => registry.find('order@3')).toThrow(/1\.2\.0, 1\.10\.0/);
});

test('takes the same content under the same version again', () => {
  const registry = createRegistry();
  registry.add(task({ version: '1.0.0' }));
  registry.add(task({ version: '1.0.0' }));
  expect(registry.list()).toHaveLength(1);
});

test('refuses other content under a declared version and stays as it was', () => {
  const registry = createRegistry();
  const first = registry.add(task({ version: '1.0.0' }));
  expect(() => registry.add(task({ version: '1.0.0', step: 'b' }))).toThrow(
    expect.objectContaining({ code: 'VERSION_CONFLICT' }),
  );
  expect(registry.find('order')).toBe(first);
});

test('an undeclared version replaces the newest, which stays known by its exact version', () => {
  const registry = createRegistry();
  const first = registry.add(task());
  const second = registry.add(task({ step: 'b' }));
  expect(registry.find('order')).toBe(second);
  expect(registry.exact('default', 'order', first.definition.version)).toBe(first);
});

test('the highest declared version is the newest, whatever the order of loading', () => {
  const registry = createRegistry();
  const high = registry.add(task({ version: '1.10.0' }));
  registry.add(task({ version: '1.9.0' }));
  expect(registry.newest('default', 'order')).toBe(high);
});

test('lists the newest version of every task in order of name', () => {
  const registry = createRegistry();
  for (const name of ['b', 'a']) registry.add(task({ name }));
  expect(registry.list().map((loaded) => loaded.definition.name)).toEqual(['a', 'b']);
});

test('orders versions by number, with prereleases below the release', () => {
  const versions = ['2', '1.10.0', '1.2.0', '1.2.0-beta.2', '1.2.0-beta.10', '1.2.0+build'];
  expect(versions.toSorted(compareVersions)).toEqual([
    '1.2.0-beta.2',
    '1.2.0-beta.10',
    '1.2.0',
    '1.2.0+build',
    '1.10.0',
    '2',
  ]);
});
