/** Shows the runs against peers: a table for each workload, and the panels of the chart. Ratios were each taken inside one round. */
import { median } from '../results.mjs';
import { SHAPES, WORKLOADS } from '../workloads.mjs';
import { CONTENDERS } from './contenders.mjs';
import { COLUMNS } from './measures.mjs';

/** Some wait for a timer: on a scale with them, the others could not be told apart. */
const LONGEST_BAR = 10;

const ALL = { ...WORKLOADS, ...SHAPES };

/**
 * @typedef {object} PeerRun
 * @property {string} workload
 * @property {string} contender
 * @property {number} round from 1
 * @property {number} tasks
 * @property {Readonly<Record<string, number | null>>} measures empty when the run failed
 * @property {string | null} problem why the run does not count
 */

/** @param {readonly PeerRun[]} runs @returns {string} Markdown: a table for each workload, median (least–most) over the rounds */
export function renderTables(runs) {
  const sound = runs.filter(({ problem }) => problem === null);
  const workloads = [...new Set(sound.map(({ workload }) => workload))];
  return workloads
    .map((workload) =>
      renderWorkload(
        workload,
        sound.filter((run) => run.workload === workload),
      ),
    )
    .join('\n\n');
}

/** The panels of the chart: rates of create and drain, and the time of one order. The best one first. Shapes only when run alone. */
export function panelsOf(runs) {
  const sound = runs.filter(({ problem }) => problem === null);
  const all = [...new Set(sound.map(({ workload }) => workload))];
  const shown = all.some((name) => name in WORKLOADS)
    ? all.filter((name) => name in WORKLOADS)
    : all;
  return shown.map((workload) => {
    const { title, kind } = ALL[workload];
    const isLatency = kind === 'latency';
    const bars = contendersOf(sound, workload).flatMap((name) => {
      const values = valuesOf(sound, { workload, name, key: isLatency ? 'handledP50' : 'total' });
      if (values.length === 0) return [];
      return [{ label: CONTENDERS[name].title, value: median(values), kind: kindOf(name) }];
    });
    const sorted = bars.toSorted((one, two) =>
      isLatency ? one.value - two.value : two.value - one.value,
    );
    return {
      title: `${workload} ${title}`,
      unit: isLatency
        ? 'ms until the last handler finished, p50; less is better'
        : 'steps/s, create + drain; more is better',
      bars: sorted,
      ...(isLatency ? { longest: LONGEST_BAR } : {}),
    };
  });
}

function renderWorkload(workload, runs) {
  const { title, kind } = ALL[workload];
  const columns = COLUMNS[kind].flatMap((column) =>
    column.compared ? [column, { ...column, isRatio: true }] : [column],
  );
  const kept = columns.filter(({ key }) =>
    runs.some(({ measures }) => (measures[key] ?? null) !== null),
  );
  const head = [
    `${workload} ${title}`,
    kind === 'latency' ? 'orders' : 'tasks',
    ...kept.map((column) => (column.isRatio ? 'ours ÷ it' : column.title)),
  ];
  const rows = contendersOf(runs, workload).map((name) => [
    CONTENDERS[name].title,
    runs.find(({ contender }) => contender === name).tasks.toLocaleString('en-US'),
    ...kept.map((column) => cellOf(runs, { workload, name, column })),
  ]);
  return renderRows([head, ...rows]);
}

function cellOf(runs, { workload, name, column }) {
  const { key, digits, isRatio } = column;
  if (isRatio) return name === 'ours' ? '' : ratioCell(ratiosOf(runs, { workload, name, key }));
  return spread(valuesOf(runs, { workload, name, key }), digits);
}

/** Ours by another's in the same round: what slows the machine for a while slows both. */
export function ratiosOf(runs, { workload, name, key }) {
  return runs.flatMap((run) => {
    if (run.workload !== workload || run.contender !== 'ours') return [];
    const other = runs.find(
      ({ contender, round, workload: its }) =>
        contender === name && round === run.round && its === workload,
    );
    const [mine, theirs] = [run.measures[key] ?? null, other?.measures[key] ?? null];
    return mine === null || theirs === null || theirs === 0 ? [] : [mine / theirs];
  });
}

function valuesOf(runs, { workload, name, key }) {
  return runs.flatMap(({ workload: its, contender, measures }) => {
    const value = measures[key] ?? null;
    return its === workload && contender === name && value !== null ? [value] : [];
  });
}

function contendersOf(runs, workload) {
  const seen = new Set(
    runs.filter((run) => run.workload === workload).map(({ contender }) => contender),
  );
  return Object.keys(CONTENDERS).filter((name) => seen.has(name));
}

function kindOf(name) {
  if (name === 'ours') return 'ours';
  return name.endsWith('-floor') ? 'floor' : 'peer';
}

/** Two digits tell nothing of a ratio that is very small. */
function ratioCell(ratios) {
  const isSmall = ratios.length > 0 && median(ratios) < 0.1;
  return spread(ratios, isSmall ? 3 : 2);
}

function spread(values, digits) {
  if (values.length === 0) return '–';
  const show = (value) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const middle = show(median(values));
  if (values.length === 1) return middle;
  return `${middle} (${show(Math.min(...values))}–${show(Math.max(...values))})`;
}

function renderRows(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}
