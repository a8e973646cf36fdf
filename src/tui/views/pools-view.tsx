import { Box, Text } from "ink";
import { resample, sparkline } from "../drawing/sparkline.ts";
import type { Palette } from "../palette.ts";
import type { PoolsStrip } from "../pools-strip.ts";

interface Props {
  readonly strip: PoolsStrip;
  readonly palette: Palette;
}

const mostBars = 32;

/** Rows of the view, blank one included. */
export const poolsViewRows = ({ lines }: PoolsStrip) => lines.length + 1;

/** A line for each pool, with a bar for what runs at each of its replicas. */
export function PoolsView({ strip: { lines, moving }, palette }: Props) {
  return (
    <Box flexDirection="column" marginTop={1} height={lines.length}>
      {lines.map(({ name, text, running, top }, place) => (
        <Text key={name} wrap="truncate">
          <Text {...palette.heading}>{name}</Text> {text} <Text {...palette.batch}>{bars(running, top)}</Text>
          {place === 0 && <Text {...palette.quiet}>{` ${moving}`}</Text>}
        </Text>
      ))}
    </Box>
  );
}

function bars(running: readonly number[], top: number): string {
  return sparkline(running.length > mostBars ? resample(running, mostBars) : running, top, 1)[0]!;
}
