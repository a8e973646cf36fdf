import { Box, Text } from "ink";
import { resample, sparkline } from "../drawing/sparkline.ts";
import type { ExpertsStrip } from "../experts-strip.ts";
import type { Palette } from "../palette.ts";

interface Props {
  readonly strip: ExpertsStrip;
  readonly columns: number;
  readonly palette: Palette;
}

/** Rows of the view, blank one included. */
export const expertsViewRows = 3;

/** Distinct experts of each layer in the latest step, the first layer to the left. */
export function ExpertsView({ strip: { text, aboveLeast, top, scale }, columns, palette }: Props) {
  const width = Math.min(columns - scale.length - 1, aboveLeast.length);
  return (
    <Box flexDirection="column" marginTop={1} height={expertsViewRows - 1}>
      <Text wrap="truncate">
        <Text {...palette.heading}>Experts</Text> {text}
      </Text>
      {width > 0 && (
        <Text wrap="truncate">
          <Text {...palette.batch}>{sparkline(resample(aboveLeast, width), top, 1)[0]}</Text>
          <Text {...palette.quiet}>{` ${scale}`}</Text>
        </Text>
      )}
    </Box>
  );
}
