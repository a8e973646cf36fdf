import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";

const shippedFolder = fileURLToPath(new URL("../../scenarios", import.meta.url));

/** The names of the scenarios that come with the package. */
export function shippedScenarios(): string[] {
  return readdirSync(shippedFolder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length));
}

/** The file of a scenario that is given as a path or by the name of one that comes with the package. */
export function scenarioFile(pathOrName: string): string {
  const isFolder = statSync(pathOrName, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder === false) return pathOrName;
  if (shippedScenarios().includes(pathOrName)) return join(shippedFolder, `${pathOrName}.yaml`);
  throw new UserError(pathOrName, "there is no such scenario", `a YAML file, or ${shippedScenarios().join(", ")}`);
}
