import { defaultTheme, extendTheme, ThemeProvider } from "@inkjs/ui";
import { Box, Text } from "ink";
import { useMemo } from "react";
import { type Arrangement, type Panel, panelColumns } from "../arrangement.ts";
import type { ExpertsStrip } from "../experts-strip.ts";
import type { FiguresPanel } from "../figures-panel.ts";
import type { History } from "../history.ts";
import type { LedgerStrip } from "../ledger-strip.ts";
import type { Palette } from "../palette.ts";
import type { PoolsStrip } from "../pools-strip.ts";
import type { PriceChart } from "../price-chart.ts";
import type { Progress } from "../progress.ts";
import { ExpertsView } from "./experts-view.tsx";
import { FiguresView } from "./figures-view.tsx";
import { FooterView } from "./footer-view.tsx";
import { HistoriesView } from "./history-view.tsx";
import { LedgerView } from "./ledger-view.tsx";
import { PoolsView } from "./pools-view.tsx";
import { PriceChartView } from "./price-chart-view.tsx";
import { ProgressView } from "./progress-view.tsx";

export interface LiveViewProps {
  readonly arrangement: Arrangement;
  readonly palette: Palette;
  readonly atSeconds: number;
  readonly progress: Progress;
  readonly panels: Readonly<Record<Panel, FiguresPanel>>;
  readonly experts: ExpertsStrip | undefined;
  readonly ledger: LedgerStrip;
  readonly pools: PoolsStrip | undefined;
  readonly histories: readonly History[];
  readonly chart: PriceChart;
  /** None once the run has ended: their line then sets the last picture off from what follows. */
  readonly keys: readonly (readonly [key: string, meaning: string])[];
}

/** A run under way. */
export function LiveView(props: LiveViewProps) {
  const { arrangement, palette, atSeconds, progress, panels, experts, pools, ledger, histories, chart, keys } = props;
  const { columns, gap, hasLedger, ledgerMargin, graphRows, historyRows, historyColumns, chartColumns } = arrangement;
  const theme = useMemo(() => themeOf(palette), [palette]);
  return (
    <ThemeProvider theme={theme}>
      <Box flexDirection="column" marginLeft={1} width={columns}>
        <ProgressView progress={progress} palette={palette} />
        {arrangement.panels.map((row) => (
          <Box key={row.join()} marginTop={1} columnGap={gap}>
            {row.map((panel) => (
              <FiguresView key={panel} panel={panels[panel]} columns={panelColumns[panel]} palette={palette} />
            ))}
          </Box>
        ))}
        {pools !== undefined && <PoolsView strip={pools} palette={palette} />}
        {experts !== undefined && <ExpertsView strip={experts} columns={columns} palette={palette} />}
        {hasLedger && <LedgerView strip={ledger} columns={columns} margin={ledgerMargin} palette={palette} />}
        {graphRows > 0 && (
          <Box marginTop={ledgerMargin} justifyContent="space-between">
            <HistoriesView
              histories={histories}
              atSeconds={atSeconds}
              columns={historyColumns}
              rows={historyRows}
              palette={palette}
            />
            {chartColumns > 0 && (
              <PriceChartView chart={chart} columns={chartColumns} rows={graphRows} palette={palette} />
            )}
          </Box>
        )}
        {keys.length > 0 ? <FooterView keys={keys} palette={palette} /> : <Text> </Text>}
      </Box>
    </ThemeProvider>
  );
}

const themeOf = (palette: Palette) =>
  extendTheme(defaultTheme, { components: { ProgressBar: { styles: { completed: () => ({ ...palette.done }) } } } });
