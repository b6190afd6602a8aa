import type { LineCounter } from 'yaml';
import { harmless } from '../names.ts';
import type { DefinitionProblem, Finding, Path, ProblemCode } from '../problem.ts';
import type { Place, Stretch } from './places.ts';
import { placeKey } from './places.ts';

/** A file as far as messages about it need it. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
  readonly lines: Pick<LineCounter, 'linePos'>;
}

/** What to say about a stretch of a file. */
export interface Remark {
  readonly code: ProblemCode;
  readonly at: Stretch;
  readonly message: string;
  readonly suggestion?: string | undefined;
}

/** Widest excerpt of a line; longer lines are cut around the place. */
const EXCERPT_WIDTH = 120;

/**
 * A problem at a place of a file, ready to print:
 *
 * ```text
 * tasks/order.yaml:24:22  step "create_order" depends on "validate_product", which does not exist
 *   24 |     depends_on_step: validate_product
 *      |                      ^^^^^^^^^^^^^^^^ did you mean "validate_products"?
 * ```
 */
export function problemAt(source: SourceFile, { code, at, ...said }: Remark): DefinitionProblem {
  const message = harmless(said.message);
  const { line, col } = source.lines.linePos(at[0]);
  const place = { line: Math.max(line, 1), column: Math.max(col, 1) };
  const excerpt = drawExcerpt(source.text, { ...place, start: at[0], width: at[1] - at[0] });
  const hint = said.suggestion === undefined ? '' : ` did you mean "${harmless(said.suggestion)}"?`;
  const head = `${source.file}:${place.line}:${place.column}  ${message}`;
  return {
    code,
    file: source.file,
    ...place,
    message,
    excerpt,
    text: `${head}\n${excerpt}${hint}`,
  };
}

/** The stretch of a path, or of the nearest thing around it that stands in the file. */
export function locate(
  places: ReadonlyMap<string, Place>,
  finding: Pick<Finding, 'path' | 'onKey'>,
): Stretch {
  for (let length = finding.path.length; length > 0; length -= 1) {
    const place = places.get(placeKey(finding.path.slice(0, length)));
    if (place)
      return finding.onKey === true && length === finding.path.length
        ? place.key
        : firstLine(place, finding.path, length);
  }
  return [0, 0];
}

/** When only something around the place is in the file, its key says more than the whole of its value. */
function firstLine(place: Place, path: Path, length: number): Stretch {
  const isInside = length < path.length;
  return isInside && typeof path[length - 1] === 'string' ? place.key : place.value;
}

interface Drawing {
  readonly line: number;
  readonly column: number;
  readonly start: number;
  readonly width: number;
}

function drawExcerpt(text: string, { line, column, start, width }: Drawing): string {
  const from = start - (column - 1);
  const newline = text.indexOf('\n', from);
  const whole = text.slice(from, newline < 0 ? undefined : newline).trimEnd();
  const cut = column > EXCERPT_WIDTH - 40 ? column - 41 : 0;
  const shown = harmless(whole.slice(cut, cut + EXCERPT_WIDTH));
  const before = column - 1 - cut;
  const marks = Math.max(1, Math.min(width, shown.length - before));
  const number = String(line);
  return [
    `  ${number} | ${shown}`,
    `  ${' '.repeat(number.length)} | ${' '.repeat(before)}${'^'.repeat(marks)}`,
  ].join('\n');
}
