/** Draws bars, panel below panel, as SVG text that can be read on a light and on a dark page. */

const WIDTH = 880;
const LABEL_WIDTH = 290;
const VALUE_WIDTH = 90;
const ROW = 22;
const BAR = 14;
const PANEL_HEAD = 44;
const TOP = 40;

/** The page's own colours where it has told them to the image; otherwise those of the reader's system. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .head { font-weight: 600; }
  .unit, .value { fill: #57606a; }
  .ours { fill: #0969da; } .peer { fill: #8c959f; } .floor { fill: #d0d7de; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .unit, .value { fill: #9198a1; }
    .ours { fill: #4493f8; } .peer { fill: #6e7681; } .floor { fill: #3d444d; }
  }`;

/**
 * @param {string} title
 * @param {readonly { title: string, unit: string, longest?: number,
 *   bars: readonly { label: string, value: number, kind: 'ours' | 'floor' | 'peer' }[] }[]} panels bars keep their order; each panel
 *   has a scale of its own, which begins at zero; bars of more than `longest` times the shortest one are cut and marked
 * @returns {string}
 */
export function renderChart(title, panels) {
  let y = TOP;
  const drawn = panels.map((panel) => {
    const text = renderPanel(panel, y);
    y += PANEL_HEAD + panel.bars.length * ROW;
    return text;
  });
  const height = y + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="0" y="20">${escape(title)}</text>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function renderPanel({ title, unit, bars, longest = Infinity }, top) {
  const values = bars.map(({ value }) => value);
  const largest = Math.min(Math.max(...values), Math.min(...values) * longest);
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const head = top + 24;
  const rows = bars.map(({ label, value, kind }, index) => {
    const y = top + PANEL_HEAD - 8 + index * ROW;
    const isCut = value > largest;
    const width = largest > 0 ? Math.max(1, Math.min(1, value / largest) * room) : 1;
    const line = y + BAR - 3;
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${line}" text-anchor="end">${escape(label)}</text>`,
      `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${round(width)}" height="${BAR}" rx="2"/>`,
      `<text class="value" x="${round(LABEL_WIDTH + width + 6)}" y="${line}">${isCut ? '→ ' : ''}${shown(value)}</text>`,
    ].join('');
  });
  return [
    `<text class="head" x="0" y="${head}">${escape(title)} <tspan class="unit" font-weight="400">${escape(unit)}</tspan></text>`,
    ...rows,
  ].join('\n');
}

function shown(value) {
  const digits = value < 100 ? 1 : 0;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function escape(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
