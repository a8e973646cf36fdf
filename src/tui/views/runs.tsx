import { Text } from "ink";
import type { Run } from "../drawing/braille-canvas.ts";
import type { Palette } from "../palette.ts";

/** A line of text in several styles. */
export function Runs({ runs, palette }: { readonly runs: readonly Run[]; readonly palette: Palette }) {
  let column = 0;
  return (
    <Text wrap="truncate">
      {runs.map(({ text, role }) => {
        const start = column;
        column += text.length;
        return (
          <Text key={start} {...palette[role]}>
            {text}
          </Text>
        );
      })}
    </Text>
  );
}
