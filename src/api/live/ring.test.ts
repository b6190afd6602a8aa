import { expect, test } from 'vitest';
import { createRing, type Published } from './ring.ts';

// only its place matters to the ring
const published = (seq: number): Published => ({ seq }) as Published;

const seqs = (found: readonly Published[] | null): readonly number[] | null =>
  found?.map(({ seq }) => seq) ?? null;

test('what came after a place is given exactly, as long as all of it is kept', () => {
  const ring = createRing(3);
  ring.cut(0);
  for (let seq = 1; seq <= 20; seq += 1) {
    ring.add(published(seq));
    for (let place = 0; place <= seq; place += 1) {
      const expected = Array.from({ length: seq - place }, (_, at) => place + at + 1);
      expect(seqs(ring.after(place)), `${place} of ${seq}`).toEqual(
        expected.length <= 3 ? expected : null,
      );
    }
  }
});

test('after a cut nothing before it is known, and everything since', () => {
  const ring = createRing(3);
  ring.add(published(1));
  ring.cut(2);

  expect(ring.after(1)).toBeNull();
  expect(ring.after(2)).toEqual([]);
  ring.add(published(3));
  expect(seqs(ring.after(2))).toEqual([3]);
});
