import { expect, test } from 'vitest';
import { readOptions, replayCommand } from '../../chaos/options.mjs';

test('without words it is the profile ci, with a new seed each time', () => {
  const options = readOptions([]);
  expect(options).toMatchObject({ profileName: 'ci', minutes: 2.5, leaseMs: 3_000, only: null });
  expect(options.seed).toMatch(/^\d+$/);
});

test('the replay command says all that decides what happens, and nothing that goes without saying', () => {
  const words = ['--seed', '9', '--minutes', '4', '--lease', '1500ms', '--only', 'kill,slow'];
  const options = readOptions(words);
  const replay = replayCommand(options);
  expect(replay).toBe(
    'npm run chaos -- --seed 9 --profile ci --minutes 4 --lease 1500ms --only kill,slow',
  );
  expect(readOptions(replay.split(' ').slice(4))).toEqual(options);
  expect(replayCommand(readOptions(['--seed', '9', '--profile', 'fast']))).toBe(
    'npm run chaos -- --seed 9 --profile fast',
  );
});

test.each([
  [['--profile', 'slow'], 'there is no profile slow; choose from ci'],
  [['--minutes', '0'], '--minutes must be a number above 0'],
  [['--minutes', 'many'], '--minutes must be a number above 0'],
  [['--lease', '3'], '--lease must be a duration such as'],
  [['--lease', '0s'], '--lease must be a duration such as'],
  [['--only', 'kill,flood'], 'there is no fault flood; choose from worker-kill'],
])('refuses the command line %j', (words, problem) => {
  expect(() => readOptions(words)).toThrow(problem);
});
