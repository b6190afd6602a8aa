// Which trials there are, and in which processes they are played.

import { POSTGRES_ONLY } from './verbs.mjs';

export const isOnPostgresOnly = (point) =>
  POSTGRES_ONLY.includes(point.slice(0, point.indexOf('/')));

/** A point without its number and moment: what the scan asks for. */
export const awaitOf = (point) => point.replace(/(#\d+)?( \[[^\]]*\])?\/(before|after)$/, '');

/**
 * One trial for each point that the scenarios passed, in the scenario that passes it first.
 *
 * @param recorded for each scenario { scenario, trail, within }
 */
export function planTrials(recorded) {
  const trials = new Map();
  for (const { scenario, trail, within } of recorded) {
    for (const point of trail) {
      if (!scenario.verbs.includes(point.slice(0, point.indexOf('/')))) continue;
      const shown = shownPoint(scenario, point);
      if (!trials.has(shown))
        trials.set(shown, {
          shown,
          point,
          scenario: scenario.name,
          isWithin: within.includes(point),
        });
    }
  }
  return [...trials.values()].map((trial, index) => ({
    ...trial,
    id: index,
    schema: `w${index}`,
    isLate: index % 2 === 1 || trial.point.startsWith('reap/'),
  }));
}

const shownPoint = ({ variant }, point) =>
  variant === undefined ? point : point.replace(/\/(before|after)$/, ` [${variant}]/$1`);

/**
 * Inside a transaction, between the answer of one statement and the next being sent, nothing happens to the database: who dies after the
 * one dies before the other. Where processes are dear, one of them stands for both points.
 *
 * @returns the trials that are played, and for each that is not the id of the one that stands for it
 */
export function merged(trials, recorded) {
  const byPoint = new Map(trials.map((trial) => [`${trial.scenario} ${trial.point}`, trial]));
  const stands = new Map();
  for (const { scenario, trail } of recorded) {
    trail.forEach((point, index) => {
      const [one, next] = [point, trail[index + 1] ?? ''].map((name) =>
        byPoint.get(`${scenario.name} ${name}`),
      );
      const isOne = one?.isWithin && next?.isWithin;
      if (isOne && one.point.endsWith('/after') && next.point.endsWith('/before'))
        stands.set(one.id, next.id);
    });
  }
  return { played: trials.filter(({ id }) => !stands.has(id)), stands };
}

/** On PostgreSQL many hang at once, each on a connection of its own. */
export function groupsOnPostgres(trials, size) {
  const count = Math.max(1, Math.ceil(trials.length / size));
  const groups = Array.from({ length: count }, () => []);
  trials.forEach((trial, index) => groups[index % count].push(trial)); // heavy neighbours apart
  return groups;
}

/** PGlite has one session: of those that hang inside a transaction, one per process, and it comes last. */
export function groupsOnPglite(trials, size) {
  const within = trials.filter(({ isWithin }) => isWithin);
  const others = trials.filter(({ isWithin }) => !isWithin);
  const count = Math.max(within.length, Math.ceil(others.length / (size - 1)), 1);
  return Array.from({ length: count }, (_, index) => [
    ...others.filter((_trial, at) => at % count === index),
    ...within.slice(index, index + 1),
  ]);
}

/** What the scan asks for and no trial has exercised before and after: none, or the report fails. */
export function unexercised(required, exercised) {
  const passed = new Set(
    [...exercised].map((point) => `${awaitOf(point)}/${point.slice(point.lastIndexOf('/') + 1)}`),
  );
  return required.flatMap((name) =>
    ['before', 'after'].map((moment) => `${name}/${moment}`).filter((point) => !passed.has(point)),
  );
}
