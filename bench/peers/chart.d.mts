export interface ChartPanel {
  readonly title: string;
  /** A bar is cut at so many times the shortest one, and marked. @default never */
  readonly longest?: number;
  /** What the numbers are, such as `steps/s, more is better`. */
  readonly unit: string;
  readonly bars: readonly {
    readonly label: string;
    readonly value: number;
    /** `ours` stands out, a `floor` steps back. */
    readonly kind: 'ours' | 'floor' | 'peer';
  }[];
}

/** See chart.mjs. */
export function renderChart(title: string, panels: readonly ChartPanel[]): string;
