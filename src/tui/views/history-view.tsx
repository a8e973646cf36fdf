import { Box, Text } from "ink";
import { resample, sparkline } from "../drawing/sparkline.ts";
import type { History } from "../history.ts";
import type { Palette } from "../palette.ts";
import { figure } from "../text.ts";

interface Props {
  readonly histories: readonly History[];
  readonly atSeconds: number;
  readonly columns: number;
  readonly rows: number;
  readonly palette: Palette;
}

/** Levels over the run so far, one above the other, on one axis of simulated time. */
export function HistoriesView({ histories, atSeconds, columns, rows, palette }: Props) {
  return (
    <Box flexDirection="column" width={columns} flexShrink={0}>
      {histories.map(({ label, now, top, topText, values, role }) => (
        <Box key={label} flexDirection="column">
          <Box justifyContent="space-between">
            <Text wrap="truncate">
              <Text {...palette.heading}>{label}</Text> {now}
            </Text>
            <Text {...palette.quiet}>{`0 to ${topText}`}</Text>
          </Box>
          {sparkline(resample(values, columns), top, rows).map((line, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row of a picture is known by its place alone
            <Text key={row} {...palette[role]}>
              {line}
            </Text>
          ))}
        </Box>
      ))}
      <Box justifyContent="space-between">
        <Text {...palette.quiet}>0</Text>
        <Text {...palette.quiet}>{figure(atSeconds, "s simulated")}</Text>
      </Box>
    </Box>
  );
}
