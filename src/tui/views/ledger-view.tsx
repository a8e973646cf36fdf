import { Box, Text } from "ink";
import { drawLedgerStrip, type LedgerStrip, ledgerHeading } from "../ledger-strip.ts";
import type { Palette } from "../palette.ts";
import { Runs } from "./runs.tsx";

interface Props {
  readonly strip: LedgerStrip;
  readonly columns: number;
  /** Blank rows above. */
  readonly margin: number;
  readonly palette: Palette;
}

/** Where the accelerators' time has gone, in one line. */
export function LedgerView({ strip, columns, margin, palette }: Props) {
  return (
    <Box marginTop={margin} height={1} columnGap={1}>
      <Text {...palette.heading}>{ledgerHeading}</Text>
      <Runs runs={drawLedgerStrip(strip, columns - ledgerHeading.length - 1)} palette={palette} />
    </Box>
  );
}
