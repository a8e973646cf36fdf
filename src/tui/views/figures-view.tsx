import { Box, Text } from "ink";
import type { FiguresPanel } from "../figures-panel.ts";
import type { Palette } from "../palette.ts";

interface Props {
  readonly panel: FiguresPanel;
  readonly columns: number;
  readonly palette: Palette;
}

/** A panel of figures: names to the left, values to the right. */
export function FiguresView({ panel, columns, palette }: Props) {
  const { heading, rows, notes } = panel;
  const isTable = panel.columns.length > 0;
  return (
    <Box flexDirection="column" width={columns} flexShrink={0}>
      <Line
        label={heading}
        labelStyle={palette.heading}
        values={panel.columns}
        valueStyle={palette.quiet}
        isTable={isTable}
      />
      {rows.map(({ label, values }) => (
        <Line key={label} label={label} labelStyle={palette.quiet} values={values} valueStyle={{}} isTable={isTable} />
      ))}
      {notes.map((note) => (
        <Text key={note} wrap="truncate" {...palette.quiet}>
          {note}
        </Text>
      ))}
    </Box>
  );
}

interface LineProps {
  readonly label: string;
  readonly labelStyle: Palette["quiet"];
  readonly values: readonly string[];
  readonly valueStyle: Palette["quiet"];
  readonly isTable: boolean;
}

/** Wide enough for `12,345`. */
const valueColumns = 6;

function Line({ label, labelStyle, values, valueStyle, isTable }: LineProps) {
  return (
    <Box justifyContent="space-between">
      <Text wrap="truncate" {...labelStyle}>
        {label}
      </Text>
      <Box flexShrink={0} marginLeft={1}>
        <Text {...valueStyle}>
          {isTable ? values.map((value) => value.padStart(valueColumns)).join(" ") : values[0]}
        </Text>
      </Box>
    </Box>
  );
}
