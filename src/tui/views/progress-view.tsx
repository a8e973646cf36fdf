import { ProgressBar } from "@inkjs/ui";
import { Box, Text } from "ink";
import type { Palette } from "../palette.ts";
import type { Progress } from "../progress.ts";

interface Props {
  readonly progress: Progress;
  readonly palette: Palette;
}

/** What runs, how far it is and how fast it goes, in three lines. */
export function ProgressView({ progress, palette }: Props) {
  const { name, subject, state, share, shareText, done, speed } = progress;
  return (
    <Box flexDirection="column">
      <Ends
        left={
          <Text wrap="truncate">
            <Text {...palette.heading}>{name}</Text>
            <Text {...palette.quiet}>{`  ${subject}`}</Text>
          </Text>
        }
        right={<Text {...palette.heading}>{state}</Text>}
      />
      <Ends left={<ProgressBar value={100 * (share ?? 0)} />} right={<Text>{shareText}</Text>} />
      <Ends left={<Text wrap="truncate">{done}</Text>} right={<Text {...palette.quiet}>{speed}</Text>} />
    </Box>
  );
}

/** Two pieces at the two ends of a line; the left one gives way. */
function Ends({ left, right }: { readonly left: React.ReactNode; readonly right: React.ReactNode }) {
  return (
    <Box height={1} overflow="hidden" justifyContent="space-between">
      <Box flexGrow={1} flexShrink={1} minWidth={0}>
        {left}
      </Box>
      <Box flexShrink={0} marginLeft={2}>
        {right}
      </Box>
    </Box>
  );
}
