import { defineTask } from '../../../src/index.ts';

/** The shapes that the scenarios play on; nobody ever runs their handlers. */

const idle = (): number => 1;

/** One step. */
export const single = defineTask({ name: 'single', version: '1.0.0' }, (t) => {
  t.step('a', {}, idle);
});

/** One after the other. */
export const pair = defineTask({ name: 'pair', version: '1.0.0' }, (t) => {
  const a = t.step('a', {}, idle);
  t.step('b', { dependsOn: { a } }, idle);
});

/** Two that nothing joins. */
export const two = defineTask({ name: 'two', version: '1.0.0' }, (t) => {
  t.step('a', {}, idle);
  t.step('b', {}, idle);
});

/** Two with a child in common. */
export const join = defineTask({ name: 'join', version: '1.0.0' }, (t) => {
  const a = t.step('a', {}, idle);
  const b = t.step('b', {}, idle);
  t.step('c', { dependsOn: { a, b } }, idle);
});

/** Three that nothing joins. */
export const three = defineTask({ name: 'three', version: '1.0.0' }, (t) => {
  t.step('a', {}, idle);
  t.step('b', {}, idle);
  t.step('c', {}, idle);
});
