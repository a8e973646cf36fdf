import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CurveReport } from "../../src/experiment/curve.ts";
import { edited, small, temporaryFile, temporaryFolder } from "../scenario/scenarios.ts";
import { batchyard } from "./batchyard.ts";

const scenario = (text = edited(small, "requests: 10", "requests: 400")) => temporaryFile("small.yaml", text);
const few = ["--runs", "10", "--ttft", "0.5"] as const;

async function loadsOf(words: string): Promise<number[]> {
  const { output } = await batchyard("curve", scenario(), "--loads", words, "--json", ...few, "--runs", "2");
  return (JSON.parse(output) as CurveReport).points.map(({ load }) => load);
}

describe("batchyard curve", () => {
  test("prints figures by load, and its progress on stderr", async () => {
    const { output, errors, exitCode } = await batchyard("curve", scenario(), "--loads", "0.3,1.2", ...few);
    expect(exitCode).toBe(0);
    expect(output).toContain("by offered load");
    expect(output).toMatch(/\n {2}1\.2 .*UNSTABLE/);
    expect(errors).toMatch(/^small, load 0\.3: run 10 of about 15\n/);
  });

  test("takes lists and ranges of loads", async () => {
    expect(await loadsOf("0.9,0.3")).toEqual([0.3, 0.9]);
    expect(await loadsOf("0.8..1.1")).toEqual([0.8, 0.9, 1, 1.1]);
    expect(await loadsOf("1.05,0.9..1,0.9")).toEqual([0.9, 1, 1.05]);
  });

  test("prints the same to the last byte for the same scenario and seed", async () => {
    const words = ["curve", scenario(), "--loads", "0.5", "--json", ...few];
    const first = await batchyard(...words);
    expect((await batchyard(...words)).output).toBe(first.output);
    expect((await batchyard(...words, "--seed", "2")).output).not.toBe(first.output);
  });

  test("writes a table and a picture beside", async () => {
    const folder = temporaryFolder();
    const [csv, svg] = [join(folder, "curve.csv"), join(folder, "curve.svg")];
    const { output } = await batchyard("curve", scenario(), "--loads", "0.5", "--csv", csv, "--svg", svg, ...few);
    expect(output).toContain("by offered load");
    expect(readFileSync(csv, "utf8")).toMatch(/^load,.*\n0\.5,/);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  test("leaves no file behind where it is refused", async () => {
    const folder = temporaryFolder();
    const closed = scenario(edited(small, "{ process: poisson, rate: 40/s }", "{ process: closed-loop, users: 5 }"));
    const { errors, exitCode } = await batchyard("curve", closed, "--csv", join(folder, "curve.csv"));
    expect(exitCode).toBe(2);
    expect(errors).toContain("users wait for their answers: they offer no load that could be changed");
    expect(existsSync(join(folder, "curve.csv"))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([["0.5..0.1"], ["0"], ["a"], ["0.1..0.2..0.3"], ["1..100"]])("refuses --loads %s", async (loads) => {
    const { errors, exitCode } = await batchyard("curve", scenario(), "--loads", loads);
    expect(exitCode).toBe(2);
    expect(errors).toContain("expected");
  });
});
