import { Text } from "ink";
import type { Palette } from "../palette.ts";

interface Props {
  readonly keys: readonly (readonly [key: string, meaning: string])[];
  readonly palette: Palette;
}

/** The keys and what they do. */
export function FooterView({ keys, palette }: Props) {
  return (
    <Text wrap="truncate">
      {keys.map(([key, meaning], index) => (
        <Text key={key}>
          {index > 0 && "   "}
          <Text {...palette.heading}>{key}</Text>
          <Text {...palette.quiet}>{` ${meaning}`}</Text>
        </Text>
      ))}
    </Text>
  );
}
