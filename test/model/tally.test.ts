import { expect, test } from 'vitest';
import { createTally } from './commands.ts';

test('a command that never had one of its outcomes is named', () => {
  const tally = createTally();
  tally.add('claim', 'accepted');
  tally.add('sweep', 'refused');
  expect(tally.missing).toContain('claim refused');
  expect(tally.missing).toContain('late_complete refused');
  expect(tally.missing).not.toContain('claim accepted');
  expect(tally.missing).not.toContain('sweep refused');
  expect(tally.missing).not.toContain('sweep accepted'); // it has only the one
  expect(tally).toMatchObject({ commands: 2, refused: 1, isLarge: false });
});
