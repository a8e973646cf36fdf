import { Box, Text } from "ink";
import type { Palette } from "../palette.ts";
import { drawPriceChart, type PriceChart, priceChartHeading, priceChartLegend } from "../price-chart.ts";
import { Runs } from "./runs.tsx";

interface Props {
  readonly chart: PriceChart;
  readonly columns: number;
  readonly rows: number;
  readonly palette: Palette;
}

/** Dollars against speed: the closed form over the batch, and the run on its way. */
export function PriceChartView({ chart, columns, rows, palette }: Props) {
  return (
    <Box flexDirection="column" width={columns} flexShrink={0}>
      <Box justifyContent="space-between">
        <Text {...palette.heading}>{priceChartHeading}</Text>
        <Runs runs={priceChartLegend} palette={palette} />
      </Box>
      {drawPriceChart(chart, columns, rows - 1).map((runs, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of a picture is known by its place alone
        <Runs key={row} runs={runs} palette={palette} />
      ))}
    </Box>
  );
}
