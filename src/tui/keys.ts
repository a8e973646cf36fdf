import type { Key } from "ink";

export type Command = "pause" | "faster" | "slower" | "flat out" | "quit";

const commands: ReadonlyMap<string, Command> = new Map([
  [" ", "pause"],
  ["p", "pause"],
  ["+", "faster"],
  ["=", "faster"],
  ["-", "slower"],
  ["_", "slower"],
  ["m", "flat out"],
  ["q", "quit"],
]);

/** What a key asks for; undefined where it means nothing. */
export function commandOf(input: string, key: Partial<Key>): Command | undefined {
  if (key.ctrl) return input === "c" ? "quit" : undefined;
  if (key.rightArrow || key.upArrow) return "faster";
  if (key.leftArrow || key.downArrow) return "slower";
  return commands.get(input.toLowerCase());
}

/** The keys, for people. */
export const keyHelp: readonly (readonly [key: string, meaning: string])[] = [
  ["space", "pause"],
  ["+ −", "faster, slower"],
  ["m", "as fast as possible"],
  ["q", "stop and report"],
];
