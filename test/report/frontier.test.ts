import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { frontierReport } from "../../src/experiment/frontier-report.ts";
import { logLogChart } from "../../src/report/chart.ts";
import { frontierCsv } from "../../src/report/frontier-csv.ts";
import { frontierSvg } from "../../src/report/frontier-svg.ts";
import { frontierText } from "../../src/report/frontier-text.ts";

const question = {
  architecture: findArchitecture("llama-3-70b"),
  accelerator: findAccelerator("h100"),
  contextTokens: 1_000,
};
const questions = {
  "Llama, plain": question,
  "On V100 <16 bits>": { ...question, accelerator: findAccelerator("v100") },
};
const published = frontierReport("Two accelerators", questions, "published");

describe("frontiers as text, CSV and SVG", () => {
  test("the report carries each point's layout and what binds it, and the gain of the fractions", () => {
    for (const curve of published.curves) {
      expect(curve.fastest).toBe(curve.points[0]);
      expect(curve.cheapest).toBe(curve.points.at(-1));
      expect(curve.points).toContain(curve.preferred);
      for (const point of curve.points) {
        const { layout, accelerators } = point;
        expect(layout.tensorRanks * layout.pipelineStages).toBeCloseTo(accelerators, 9);
        expect(point.binding).not.toBe("");
      }
      expect(curve.relaxation!.meanPriceRatio!).toBeGreaterThan(1);
      expect(curve.relaxation!.largestPriceRatio!).toBeGreaterThanOrEqual(curve.relaxation!.meanPriceRatio!);
    }
  });

  test("text has a table of each curve, a chart and the comparison with what exists", () => {
    const text = frontierText(published);
    expect(text).toContain("Two accelerators");
    for (const { name } of published.curves) expect(text).toContain(name);
    expect(text.match(/What exists, against these fractions/g)).toHaveLength(2);
    expect(text).toContain("$ per million tokens");
    expect(text.split("\n").filter((line) => line.includes("1-D TP")).length).toBeGreaterThan(5);
  });

  test("an exact frontier within limits that nothing keeps to says so", () => {
    const report = frontierReport("Too dear", { Llama: question }, "exact", { maxDollarsPerMillionTokens: 1e-6 });
    expect(report.curves[0]).toMatchObject({ points: [], fastest: null, preferred: null, relaxation: null });
    expect(frontierText(report)).toContain("Nothing serves this.");
  });

  test("CSV holds every figure of every point", () => {
    const rows: Record<string, string>[] = parse(frontierCsv(published), { columns: true });
    const points = published.curves.flatMap(({ name, points }) => points.map((point) => ({ name, point })));
    expect(rows).toHaveLength(points.length);
    rows.forEach((row, index) => {
      const { name, point } = points[index]!;
      expect(row.curve).toBe(name);
      expect(Number(row.tokens_per_second_per_request)).toBe(point.tokensPerSecondPerRequest);
      expect(Number(row.dollars_per_million_tokens)).toBe(point.dollarsPerMillionTokens);
      expect(Number(row.pipeline_stages)).toBe(point.layout.pipelineStages);
      expect(row.binding).toBe(point.binding);
    });
  });

  test("SVG is one picture with a line, a dot and a name for each curve", () => {
    const svg = frontierSvg(published);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
    expect(svg.match(/aria-label="line"/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg).toContain("Llama, plain");
    expect(svg).toContain("On V100 &lt;16 bits&gt;");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(frontierSvg(published)).toBe(svg);
  });
});

describe("the chart in text", () => {
  test("puts each point by the logarithm of its coordinates", () => {
    const points = [
      [1, 1],
      [10, 10],
      [100, 100],
    ] as const;
    const lines = logLogChart([{ name: "diagonal", points }], "x", "y").split("\n");
    const marked = lines.slice(1, 21).map((line) => line.indexOf("●"));
    expect(marked.filter((column) => column >= 0)).toHaveLength(3);
    const [top, middle, bottom] = marked.filter((column) => column >= 0);
    expect(Math.abs(top! - 2 * middle! + bottom!)).toBeLessThanOrEqual(1);
    expect(lines).toContain("● diagonal");
  });

  test("of nothing is nothing, of one point is a point", () => {
    expect(logLogChart([{ name: "none", points: [] }], "x", "y")).toBe("");
    expect(logLogChart([{ name: "one", points: [[2, 3]] }], "x", "y")).toContain("●");
  });
});
