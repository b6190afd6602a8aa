import { fit, oneLine, pad, textWidth } from './text.ts';
import type { Style } from './text.ts';

/** One column of a table. */
export interface Column<RowType> {
  readonly title: string;
  readonly cell: (row: RowType) => string;
  /** Colours the finished, padded cell. */
  readonly paint?: (text: string, row: RowType) => string;
}

export interface TableOptions {
  /** Columns of the terminal; null for a pipe: nothing is cut, cells are separated by tabs. */
  readonly width: number | null;
  readonly style: Style;
}

const GAP = '  ';

/**
 * Writes rows as a table, one line per row and a title line, without a final line break.
 * On a terminal the last column is cut to fit; the others keep their width.
 */
export function table<RowType>(
  columns: readonly Column<RowType>[],
  rows: readonly RowType[],
  { width, style }: TableOptions,
): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.cell(row))));
  if (width === null) {
    return [columns.map((column) => column.title), ...cells]
      .map((line) => line.join('\t'))
      .join('\n');
  }
  const widths = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[index] ?? ''))),
  );
  const last = columns.length - 1;
  const taken = widths.slice(0, last).reduce((sum, each) => sum + each + GAP.length, 0);
  const layout = (text: string, index: number): string =>
    index === last ? fit(text, Math.max(8, width - taken)) : pad(text, widths[index] ?? 0);
  const head = style.faint(columns.map((column, index) => layout(column.title, index)).join(GAP));
  const body = rows.map((row, line) =>
    columns
      .map((column, index) => {
        const text = layout(cells[line]?.[index] ?? '', index);
        return column.paint ? column.paint(text, row) : text;
      })
      .join(GAP)
      .trimEnd(),
  );
  return [head.trimEnd(), ...body].join('\n');
}
