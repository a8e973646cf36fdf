import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { traceFormats } from "../../../src/workload/traces.ts";

/** The published traces are not part of the project: they are checked where a folder beside it holds them. */
const folder = new URL("../../../../shared/traces/", import.meta.url);
const published = (name: string) => new URL(name, folder);

interface Independent {
  readonly file: string;
  readonly format: keyof typeof traceFormats;
  readonly requests: number;
  /** Reads a line without any of the code under test. */
  readonly tokens: (line: string) => readonly [prompt: number, output: number];
  readonly milliseconds: (line: string) => number;
  readonly headerLines: number;
}

const traces: readonly Independent[] = [
  {
    file: "AzureLLMInferenceTrace_conv.csv",
    format: "azure",
    requests: 19_366,
    headerLines: 1,
    tokens: (line) => [Number(line.split(",")[1]), Number(line.split(",")[2])],
    milliseconds: (line) => Date.parse(`${line.slice(0, 23).replace(" ", "T")}Z`),
  },
  {
    file: "mooncake_conversation_trace.jsonl",
    format: "mooncake",
    requests: 12_031,
    headerLines: 0,
    tokens: (line) => [
      Number(/"input_length": (\d+)/.exec(line)?.[1]),
      Number(/"output_length": (\d+)/.exec(line)?.[1]),
    ],
    milliseconds: (line) => Number(/"timestamp": (\d+)/.exec(line)?.[1]),
  },
];

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

for (const { file, format, requests, headerLines, tokens, milliseconds } of traces) {
  // Skipped where the trace is not at hand: it is not shipped, for its licence is its publishers'.
  const isAtHand = existsSync(published(file));
  describe.skipIf(!isAtHand)(`the published ${file}`, () => {
    const text = isAtHand ? readFileSync(published(file), "utf8") : "";
    const lines = text
      .split("\n")
      .slice(headerLines)
      .filter((line) => line !== "");
    const rows = isAtHand ? traceFormats[format].parse(text, file) : [];

    test("has as many requests as its publishers say", () => {
      expect([rows.length, lines.length]).toEqual([requests, requests]);
    });

    test("starts at 0 and ends when it did, to the millisecond", () => {
      const lastSeconds = (milliseconds(lines.at(-1)!) - milliseconds(lines[0]!)) / 1000;
      expect(rows[0]?.arrivalSeconds).toBe(0);
      expect(Math.abs(rows.at(-1)!.arrivalSeconds - lastSeconds)).toBeLessThan(1.1e-3);
    });

    test("has the tokens that a count of its own finds", () => {
      const counted = lines.map(tokens);
      expect(sum(rows.map(({ promptTokens }) => promptTokens))).toBe(sum(counted.map(([prompt]) => prompt)));
      expect(sum(rows.map(({ outputTokens }) => outputTokens))).toBe(sum(counted.map(([, output]) => output)));
    });
  });
}
