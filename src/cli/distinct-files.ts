import { resolve } from "node:path";
import { UserError } from "../core/errors.ts";

/** Throws `UserError` where two options, by their flags, would write the same file. */
export function checkDistinct(files: Readonly<Record<string, string | undefined>>): void {
  const flagOf = new Map<string, string>();
  for (const [flag, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const path = resolve(file);
    const other = flagOf.get(path);
    if (other !== undefined) throw new UserError(flag, `is the same file as ${other}`, "another one");
    flagOf.set(path, flag);
  }
}
