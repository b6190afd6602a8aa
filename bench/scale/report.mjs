/** Shows what was measured: one table for the terminal, and one table per question for a page. */
import { median } from '../results.mjs';
import { renderRows, spread } from '../table.mjs';

/**
 * @typedef {object} ScaleRun
 * @property {string} question
 * @property {number} round from 1
 * @property {Readonly<Record<string, number | null>>} measures empty when the run failed
 * @property {string | null} problem why the run does not count
 */

/** @returns {string} a Markdown table of all questions, with what each figure must keep to and whether its median does */
export function renderAnswers(questions, runs) {
  const rows = questions.flatMap(({ name, rows: own }) =>
    own.map((row, index) => {
      const values = valuesOf(runs, name, row.key);
      return [
        index === 0 ? name : '',
        row.title,
        mustText(row),
        spread(values, row.digits),
        verdictOf(row, values),
      ];
    }),
  );
  return renderRows([['question', 'measure', 'must', 'measured', 'met'], ...rows], { words: 2 });
}

/** @returns {ReadonlyMap<string, string>} name of a question → its table, and the circumstances under which it was taken */
export function documentSections(questions, runs, machine) {
  return new Map(
    questions.map(({ name, rows: own }) => {
      const rows = own.map((row) => [
        row.title,
        mustText(row),
        spread(valuesOf(runs, name, row.key), row.digits),
      ]);
      const table = renderRows([['Measure', 'Must', 'Measured'], ...rows], { words: 1 });
      return [name, `${table}\n\n${circumstances(runs, name, machine)}`];
    }),
  );
}

function circumstances(runs, name, { takenAt, cores, cpu, node, postgres, load }) {
  const rounds = runs.filter(({ question, problem }) => question === name && problem === null);
  const count = `${rounds.length} round${rounds.length === 1 ? '' : 's'}`;
  const busy = load[0] > cores / 4 ? ', too busy for figures that count' : '';
  return `_${takenAt.slice(0, 10)}, ${count}; ${cores} cores (${cpu}), Node.js ${node}, PostgreSQL ${postgres.server_version}; load at start ${load[0]}${busy}._`;
}

/**
 * Puts sections between their marks, `<!-- bench:scale NAME -->` and `<!-- /bench:scale -->`; what has no new section stays.
 *
 * @param {string} page
 * @param {ReadonlyMap<string, string>} sections
 * @throws Error when a section has no place in the page
 */
export function refresh(page, sections) {
  let refreshed = page;
  for (const [name, section] of sections) {
    const start = `<!-- bench:scale ${name} -->`;
    const end = '<!-- /bench:scale -->';
    const from = refreshed.indexOf(start);
    const to = refreshed.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`the page has no ${start} … ${end}`);
    refreshed = `${refreshed.slice(0, from + start.length)}\n\n${section}\n\n${refreshed.slice(to)}`;
  }
  return refreshed;
}

function valuesOf(runs, name, key) {
  return runs.flatMap(({ question, measures }) => {
    const value = measures[key] ?? null;
    return question === name && value !== null ? [value] : [];
  });
}

function mustText({ must, digits }) {
  if (must === undefined) return '';
  const number = (value) => value.toLocaleString('en-US', { maximumFractionDigits: digits });
  return 'most' in must ? `≤ ${number(must.most)}` : `≥ ${number(must.least)}`;
}

function verdictOf({ must }, values) {
  if (must === undefined || values.length === 0) return '';
  const middle = median(values);
  const isMet = 'most' in must ? middle <= must.most : middle >= must.least;
  return isMet ? 'yes' : 'no';
}
