/** Shows the runs as one table, with ratios that were each taken inside one round. */
import { MEASURES, median } from './results.mjs';
import { WORKLOADS } from './workloads.mjs';

const HEAD = [
  'workload',
  'measure',
  'ours',
  'queue floor',
  'lease floor',
  'ours ÷ queue floor',
  'ours ÷ lease floor',
];
const FLOORS = ['queue-floor', 'lease-floor'];

/** The ratio below which the design, not its details, would be what costs. */
const LEAST_RATIO = 0.3;

/**
 * @typedef {object} Run
 * @property {string} workload
 * @property {string} contender
 * @property {number} round from 1
 * @property {number} tasks
 * @property {Readonly<Record<string, number | null>>} measures empty when the run failed
 * @property {string | null} problem why the run does not count
 */

/** @param {readonly Run[]} runs @returns {string} a Markdown table: median (least–most) over the rounds */
export function renderTable(runs) {
  const sound = runs.filter(({ problem }) => problem === null);
  const rows = [...new Set(runs.map(({ workload }) => workload))].flatMap((workload) =>
    rowsOf(
      workload,
      sound.filter((run) => run.workload === workload),
    ),
  );
  return renderRows([HEAD, ...rows], { words: 2 });
}

/**
 * @param {readonly (readonly string[])[]} table the head first
 * @param {{ words: number }} columns so many at the left hold words, the others figures
 * @returns {string} Markdown, as wide as its widest cells
 */
export function renderRows(table, { words }) {
  const [head, ...rows] = table;
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column], column >= words)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column >= words ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function rowsOf(workload, runs) {
  const { kind, title } = WORKLOADS[workload];
  return MEASURES[kind].map(({ key, title: measure, digits }, index) => {
    const cells = ['ours', ...FLOORS].map((contender) =>
      spread(valuesOf(runs, contender, key), digits),
    );
    const ratios = FLOORS.map((floor) => spread(ratiosOf(runs, floor, key), 2));
    return [index === 0 ? `${workload} ${title}` : workload, measure, ...cells, ...ratios];
  });
}

/** One closing line: the headline ratio of W1, or of the first workload when W1 was not run. */
export function closingLine(runs) {
  const workload = runs.some((run) => run.workload === 'W1') ? 'W1' : runs[0].workload;
  const sound = runs.filter((run) => run.workload === workload && run.problem === null);
  const [{ key, title }] = MEASURES[WORKLOADS[workload].kind];
  const [queue, lease] = FLOORS.map((floor) => ratiosOf(sound, floor, key));
  const rounds = `${queue.length} round${queue.length === 1 ? '' : 's'}`;
  const line = `${workload} ratio (${title}): ${spread(queue, 2)} of the floor with the same data model, ${spread(lease, 2)} of the task-lease floor, in ${rounds}`;
  const tooLow = key === 'drain' && queue.length > 0 && median(queue) < LEAST_RATIO;
  return tooLow ? `${line}; below ${LEAST_RATIO} the design is wrong` : line;
}

/** Ours by the floor of the same round: what slows the machine for a while slows both. */
function ratiosOf(runs, floor, key) {
  const [asOurs] = [key === 'enqueueIdentity' ? 'enqueue' : key]; // a floor has no identities
  return runs.flatMap((run) => {
    const ours = run.contender.startsWith('ours') ? (run.measures[key] ?? null) : null;
    if (ours === null) return [];
    const other = runs.find(({ contender, round }) => contender === floor && round === run.round);
    const theirs = other?.measures[asOurs] ?? null;
    return theirs === null || theirs === 0 ? [] : [ours / theirs];
  });
}

function valuesOf(runs, contender, key) {
  return runs.flatMap((run) => {
    const same = run.contender === contender || run.contender.startsWith(`${contender}-`);
    const value = run.measures[key] ?? null;
    return same && value !== null ? [value] : [];
  });
}

/** @returns {string} the median, and the least and the most where there are several values; a dash for none */
export function spread(values, digits) {
  if (values.length === 0) return '–';
  const show = (value) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const middle = show(median(values));
  if (values.length === 1) return middle;
  return `${middle} (${show(Math.min(...values))}–${show(Math.max(...values))})`;
}

function pad(text, width, right) {
  return right ? text.padStart(width) : text.padEnd(width);
}
