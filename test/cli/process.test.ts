import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { requestsCsvHeader } from "../../src/report/requests-csv.ts";
import { edited, small, temporaryFile, temporaryFolder } from "../scenario/scenarios.ts";
import { batchyard, outcomeOf, start } from "./batchyard.ts";

const endless = () => temporaryFile("small.yaml", edited(small, "requests: 10", "horizon: 1000000 h"));

describe("batchyard as a process of its own", () => {
  test("prints the same report as within this one, and exits with 0", async () => {
    const file = temporaryFile("small.yaml", small);
    const within = await batchyard("run", file, "--json");
    expect(await outcomeOf(start("run", file, "--json"))).toEqual({ output: within.output, errors: "", exitCode: 0 });
  });

  test("exits with 2 and one message for what the user can mend", async () => {
    const { output, errors, exitCode } = await outcomeOf(start("validate", "nowhere"));
    expect([output, exitCode]).toEqual(["", 2]);
    expect(errors).toMatch(/^batchyard: nowhere: there is no such scenario \(allowed: .*\)\n$/);
  });

  test("is not troubled by a reader that leaves", async () => {
    const child = start("catalog", "--json");
    child.stdout?.destroy();
    expect(await outcomeOf(child)).toEqual({ output: "", errors: "", exitCode: 0 });
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "prints what it has on %s, writes its file, and exits with 130",
    async (signal) => {
      const folder = temporaryFolder();
      const requests = join(folder, "requests.csv");
      const child = start("run", endless(), "--requests", requests);
      const outcome = outcomeOf(child);
      await underWay(folder);
      child.kill(signal);
      const { output, errors, exitCode } = await outcome;
      expect([errors, exitCode]).toEqual(["", 130]);
      expect(output).toContain("then stopped");
      expect(readdirSync(folder)).toEqual(["requests.csv"]);
      const csv = readFileSync(requests, "utf8");
      expect(csv.startsWith(requestsCsvHeader)).toBe(true);
      const finished = Number(/([\d,]+) finished/.exec(output)?.[1]?.replaceAll(",", ""));
      expect(csv.split("\n").filter((line) => line.endsWith(",finished,"))).toHaveLength(finished);
    },
  );
});

/** Waits until a run has written some of its requests. */
async function underWay(folder: string): Promise<void> {
  const hasBegun = () => readdirSync(folder).some((name) => name.endsWith(".partial") && isLarge(join(folder, name)));
  while (!hasBegun()) await wait(20);
}

const isLarge = (path: string) => existsSync(path) && statSync(path).size > 0;
