/** Reads the command line of the rig. */
import { parseArgs } from 'node:util';
import { KINDS, PARTS, PROFILES } from './profiles.mjs';
import { chosen } from './schedule.mjs';

export const USAGE = `usage: npm run chaos -- [options]

  --seed N          decides when which fault happens              default: a new one, which is printed
  --minutes M       how long the faults go on                     default: by profile
  --profile NAME    ${Object.keys(PROFILES).join(', ')}                       default: ci
  --lease DURATION  the lease of the workers                      default: by profile
  --only A,B        only these faults: ${KINDS.slice(0, 5).join(', ')},
                    ${KINDS.slice(5, 12).join(', ')},
                    ${KINDS.slice(12).join(', ')},
                    ${PARTS.join(', ')}; kill = every kind that ends in -kill
  --json FILE       also write the figures to FILE
  --write-docs      no run: put the figures in chaos/results/*.json into docs/guarantees.md`;

/**
 * @param {readonly string[]} argv what follows the script's name
 * @throws Error saying what is wrong with the command line
 */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      profile: { type: 'string', default: 'ci' },
      lease: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string' },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const profile = PROFILES[values.profile];
  if (profile === undefined)
    throw new Error(
      `there is no profile ${values.profile}; choose from ${Object.keys(PROFILES).join(', ')}`,
    );
  return {
    profileName: values.profile,
    profile,
    seed: values.seed ?? String(Math.floor(Math.random() * 2 ** 31)),
    minutes: minutesOf(values.minutes) ?? profile.minutes,
    leaseMs: durationOf(values.lease ?? profile.lease),
    only: onlyOf(values.only),
    json: values.json ?? null,
    writeDocs: values['write-docs'],
    help: values.help,
  };
}

/** The command that does the same again. */
export function replayCommand({ seed, minutes, profileName, profile, leaseMs, only }) {
  const words = ['npm run chaos --', `--seed ${seed}`, `--profile ${profileName}`];
  if (minutes !== profile.minutes) words.push(`--minutes ${minutes}`);
  if (leaseMs !== durationOf(profile.lease)) words.push(`--lease ${leaseMs}ms`);
  if (only !== null) words.push(`--only ${only.join(',')}`);
  return words.join(' ');
}

function minutesOf(text) {
  if (text === undefined) return null;
  const minutes = Number(text);
  if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not "${text}"`);
  return minutes;
}

function durationOf(text) {
  const found = /^(\d+)(ms|s)$/.exec(text);
  if (found === null || Number(found[1]) === 0)
    throw new Error(`--lease must be a duration such as 1500ms or 3s, not "${text}"`);
  return Number(found[1]) * (found[2] === 's' ? 1_000 : 1);
}

function onlyOf(text) {
  if (text === undefined) return null;
  const words = text.split(',');
  const known = [...KINDS, ...PARTS];
  const unknown = words.find((word) => !known.some(chosen([word])));
  if (unknown !== undefined)
    throw new Error(`there is no fault ${unknown}; choose from ${known.join(', ')}`);
  return words;
}
