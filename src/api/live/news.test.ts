import { expect, test } from 'vitest';
import { createNews } from './news.ts';

test('ids are taken once each, those that are watched first', () => {
  const news = createNews(10);
  for (const id of [1, 2, 3]) news.listed(id);
  news.watched(3);
  news.watched(4);
  news.listed(4);

  expect([...news.take(3)]).toEqual([3, 4, 1]);
  expect([...news.take(3)]).toEqual([2]);
  expect(news.isEmpty).toBe(true);
});

test('too many ids of lists are forgotten together, and never those that are watched', () => {
  const news = createNews(2);
  news.watched(9);
  expect(news.listed(1)).toBe(true);
  expect(news.listed(2)).toBe(true);
  expect(news.listed(1)).toBe(true);

  expect(news.listed(3)).toBe(false);

  expect([...news.take(10)]).toEqual([9]);
});
