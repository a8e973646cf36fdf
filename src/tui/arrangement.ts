export type Panel = "requests" | "latency" | "bound";

/** What the live view shows in a terminal of some size, and how large. */
export interface Arrangement {
  readonly columns: number;
  /** Panels of figures, by row. */
  readonly panels: readonly (readonly Panel[])[];
  /** Empty columns between panels. */
  readonly gap: number;
  /** Whether there is the line of the ledger, and blank rows above it and below. */
  readonly hasLedger: boolean;
  readonly ledgerMargin: number;
  /** Rows of the histories and the chart, with headings and axes; 0: none. */
  readonly graphRows: number;
  /** Rows of each history, its heading left out. */
  readonly historyRows: number;
  readonly historyColumns: number;
  /** 0: no chart. */
  readonly chartColumns: number;
}

export const panelColumns: Readonly<Record<Panel, number>> = { requests: 16, latency: 20, bound: 38 };

/** A heading and six lines. */
const panelRows = 7;
/** Title, progress bar, progress in figures. */
const headRows = 3;
const footRows = 1;
const blankRows = 1;
const margins = 2;
const mostColumns = 160;
const ledgerRows = 1;
/** Graphs of so many rows and more give some to the ledger; smaller ones have it in place of the blank row above them. */
const spaciousGraphRows = 13;
const leastGraphRows = 7;
const mostGraphRows = 28;
const leastHistoryColumns = 30;
const leastChartRows = 8;
const leastChartColumns = 40;
const leastGap = 2;
const mostGap = 8;

const arrangements: readonly Arrangement["panels"][] = [
  [["requests", "latency", "bound"]],
  [["requests", "latency"], ["bound"]],
  [["requests"], ["latency"]],
];

/** Arranges the view. It stays below the terminal's height: a taller one would have to clear the screen for each frame. */
export function arrange(terminalColumns: number, terminalRows: number): Arrangement {
  const columns = Math.max(1, Math.min(mostColumns, terminalColumns - margins));
  let rows = terminalRows - 1 - headRows - footRows;
  const fitting = arrangements.find((panels) => panels.every((row) => widthOf(row) <= columns)) ?? [];
  const panels = fitting.filter(() => {
    const fits = rows >= panelRows + blankRows;
    if (fits) rows -= panelRows + blankRows;
    return fits;
  });
  const gaps = (panels[0]?.length ?? 1) - 1;
  const gap = gaps === 0 ? 0 : Math.floor((columns - widthOf(panels[0]!)) / gaps) + leastGap;
  const hasGraphs = rows - blankRows >= leastGraphRows && columns >= leastHistoryColumns;
  const isSpacious = rows - blankRows >= spaciousGraphRows;
  if (isSpacious) rows -= ledgerRows + blankRows;
  const graphRows = hasGraphs ? Math.min(mostGraphRows, rows - blankRows) : 0;
  const chartColumns = Math.floor((columns - leastGap) * 0.57);
  const hasChart = graphRows >= leastChartRows && chartColumns >= leastChartColumns;
  return {
    columns,
    panels,
    gap: Math.min(mostGap, gap),
    hasLedger: hasGraphs,
    ledgerMargin: isSpacious ? blankRows : 0,
    graphRows,
    historyRows: Math.floor((graphRows - 1) / 3) - 1,
    historyColumns: hasChart ? columns - chartColumns - leastGap : columns,
    chartColumns: hasChart ? chartColumns : 0,
  };
}

const widthOf = (row: readonly Panel[]): number =>
  row.reduce((sum, panel) => sum + panelColumns[panel], (row.length - 1) * leastGap);
