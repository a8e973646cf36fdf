/** How a piece of text is set: properties of Ink's `Text`. */
export interface TextStyle {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
}

const coloured = {
  plain: {},
  heading: { bold: true },
  quiet: { dimColor: true },
  bound: { color: "cyan" },
  boundMark: { color: "cyan", bold: true },
  past: { color: "yellow", dimColor: true },
  run: { color: "yellow", bold: true },
  done: { color: "green" },
  queue: { color: "magenta" },
  batch: { color: "green" },
  kvCache: { color: "blue" },
} satisfies Record<string, TextStyle>;

export type Role = keyof typeof coloured;
export type Palette = Readonly<Record<Role, TextStyle>>;

/** The colours of the live view; the same without a hue where `NO_COLOR` asks for that (no-color.org). */
export function palette(environment: { readonly NO_COLOR?: string | undefined } = process.env): Palette {
  const hueless = ({ color: _, ...rest }: TextStyle): TextStyle => rest;
  if (!environment.NO_COLOR) return coloured;
  return Object.fromEntries(Object.entries(coloured).map(([role, style]) => [role, hueless(style)])) as Palette;
}
