import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/core/errors.ts";
import { type TraceFormatName, traceFormats } from "../../../src/workload/traces.ts";

const read = (format: TraceFormatName, text: string) => traceFormats[format].parse(text, "file.x");
const row = (arrivalSeconds: number, promptTokens: number, outputTokens: number) =>
  expect.objectContaining({ arrivalSeconds, promptTokens, outputTokens });

/** The same three requests in each format. */
const good: Readonly<Record<TraceFormatName, readonly string[]>> = {
  azure: [
    "TIMESTAMP,ContextTokens,GeneratedTokens",
    "2023-11-16 18:15:46.5000000,374,44",
    "2023-11-16 18:15:46.5000000,396,109",
    "2023-11-16 18:15:48.7500000,10,1",
  ],
  burstgpt: [
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type",
    "5270414,ChatGPT,374,44,418,Conversation log",
    "5270414,GPT-4,396,109,505,API log",
    "5270416.25,ChatGPT,10,1,11,Conversation log",
  ],
  mooncake: [
    '{"timestamp": 0, "input_length": 374, "output_length": 44, "hash_ids": [0]}',
    '{"timestamp": 0, "input_length": 396, "output_length": 109, "hash_ids": [0]}',
    '{"timestamp": 2250, "input_length": 10, "output_length": 1}',
  ],
  plain: ["arrival_s,input_tokens,output_tokens", "0,374,44", "0,396,109", "2.25,10,1"],
};
const rows = [row(0, 374, 44), row(0, 396, 109), row(2.25, 10, 1)];

describe.each(Object.keys(good) as TraceFormatName[])("the trace format %s", (format) => {
  const lines = good[format];

  test.each([
    ["lines that end in a newline", `${lines.join("\n")}\n`],
    ["a last line without one", lines.join("\n")],
    ["carriage returns", `${lines.join("\r\n")}\r\n`],
    ["blank lines", `${lines.join("\n\n")}\n\n\n`],
    ["a byte order mark", `\uFEFF${lines.join("\n")}`],
  ])("reads %s", (_, text) => {
    expect(read(format, text)).toEqual(rows);
  });

  test.each([
    ["nothing", ""],
    ["blank lines alone", "\n\n"],
  ])("refuses %s", (_, text) => {
    expect(() => read(format, text)).toThrow(/^file\.x: .* \(allowed: /);
  });

  test("refuses requests that turn back in time, and names the line, blank ones counted", () => {
    const turned = [...lines.slice(0, -2), "", lines.at(-1), lines.at(-2)].join("\n");
    expect(() => read(format, turned)).toThrow(
      `file.x:${lines.length + 1}: arrives before the request above it (allowed: arrivals in order, from 0 up)`,
    );
  });

  test("says what it holds and where it can be had", () => {
    for (const said of ["summary", "columns", "source"] as const) {
      expect(traceFormats[format][said].length).toBeGreaterThan(10);
    }
  });
});

/** The header stands in line 1, so the bad line is line 3 of a CSV file. */
const malformedAzure: readonly (readonly [string, string])[] = [
  ["2023-11-16T18:15:46.5,1,1", "TIMESTAMP"],
  ["2023-11-16 18:15,1,1", "TIMESTAMP"],
  ["2023-13-16 18:15:46.5,1,1", "TIMESTAMP"],
  ["2023-02-30 18:15:46.5,1,1", "TIMESTAMP"],
  ["2023-11-16 24:15:46.5,1,1", "TIMESTAMP"],
  ["2023-11-16 18:60:46.5,1,1", "TIMESTAMP"],
  ["2023-11-16 18:15:60.5,1,1", "TIMESTAMP"],
  ["12.5,1,1", "TIMESTAMP"],
  [",1,1", "TIMESTAMP"],
  ["2023-11-16 18:15:47,0,1", "ContextTokens"],
  ["2023-11-16 18:15:47,-3,1", "ContextTokens"],
  ["2023-11-16 18:15:47,1.5,1", "ContextTokens"],
  ["2023-11-16 18:15:47,many,1", "ContextTokens"],
  ["2023-11-16 18:15:47,,1", "ContextTokens"],
  ["2023-11-16 18:15:47,1,1e99", "GeneratedTokens"],
  ["2023-11-16 18:15:47,1", "GeneratedTokens"],
  ["2023-11-16 18:15:47,1,1,1", "GeneratedTokens"],
  ['"2023-11-16 18:15:47,1,1', "GeneratedTokens"],
];

const malformedPlain: readonly (readonly [string, string])[] = [
  ["soon,1,1", "arrival_s"],
  [",1,1", "arrival_s"],
  ["Infinity,1,1", "arrival_s"],
  ["-1,1,1", "from 0 up"],
  ["1,0,1", "input_tokens"],
  ["1,1,0", "output_tokens"],
  ["1,1,", "output_tokens"],
  ["1,1", "output_tokens"],
  ["1,1,1,1", "output_tokens"],
];

const malformedMooncake: readonly (readonly [string, string])[] = [
  ["1,2,3", "timestamp"],
  ["{", "timestamp"],
  ["null", "milliseconds"],
  ["[]", "milliseconds"],
  ["7", "milliseconds"],
  ['{"input_length": 1, "output_length": 1}', "milliseconds"],
  ['{"timestamp": "0", "input_length": 1, "output_length": 1}', "milliseconds"],
  ['{"timestamp": null, "input_length": 1, "output_length": 1}', "milliseconds"],
  ['{"timestamp": 1e999, "input_length": 1, "output_length": 1}', "milliseconds"],
  ['{"timestamp": -5, "input_length": 1, "output_length": 1}', "from 0 up"],
  ['{"timestamp": 1, "output_length": 1}', "input_length"],
  ['{"timestamp": 1, "input_length": 0, "output_length": 1}', "input_length"],
  ['{"timestamp": 1, "input_length": 1, "output_length": 2.5}', "output_length"],
  ['{"timestamp": 1, "input_length": 1, "output_length": true}', "output_length"],
  ['{"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": 7}', "hash_ids"],
  ['{"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": [0.5]}', "hash_ids"],
  ['{"timestamp": 1, "input_length": 512, "output_length": 1, "hash_ids": [0, 1]}', "512 tokens"],
];

const malformedBurstgpt: readonly (readonly [string, string])[] = [
  ["soon,ChatGPT,1,1,2,API log", "Timestamp"],
  [",ChatGPT,1,1,2,API log", "Timestamp"],
  ["5270415,ChatGPT,0,1,1,API log", "Request tokens"],
  ["5270415,ChatGPT,1,,1,API log", "Response tokens"],
  ["5270415,ChatGPT,1,-1,0,API log", "Response tokens"],
  ["5270415,ChatGPT,1,some,1,API log", "Response tokens"],
  ["5270415,ChatGPT,1,1", "Timestamp"],
];

function expectRefusal(format: TraceFormatName, lines: readonly string[], line: number, named: string): void {
  let caught: unknown;
  try {
    read(format, lines.join("\n"));
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(UserError);
  const { where, allowed, message } = caught as UserError;
  expect(where).toBe(`file.x:${line}`);
  expect(allowed).toBeTypeOf("string");
  expect(message).toContain(named);
  expect(message).not.toContain("\n");
}

describe("a malformed line is refused with file, line and what is allowed", () => {
  test.each(malformedAzure)("azure: %s", (line, named) => {
    expectRefusal("azure", [...good.azure.slice(0, 2), line], 3, named);
  });
  test.each(malformedBurstgpt)("burstgpt: %s", (line, named) => {
    expectRefusal("burstgpt", [...good.burstgpt.slice(0, 2), line], 3, named);
  });
  test.each(malformedPlain)("plain: %s", (line, named) => {
    expectRefusal("plain", [good.plain[0]!, "0,1,1", line], 3, named);
  });
  test.each(malformedMooncake)("mooncake: %s", (line, named) => {
    expectRefusal("mooncake", [good.mooncake[0]!, "", line], 3, named);
  });
});

test("burstgpt: requests that failed are left out, but time counts from the first row", () => {
  const [header, ...lines] = good.burstgpt;
  const failed = ["5270413,GPT-4,0,0,0,API log", "5270415,GPT-4,800,0,800,API log"];
  const text = [header, failed[0], ...lines.slice(0, 2), failed[1], lines[2]].join("\n");
  expect(read("burstgpt", text)).toEqual([row(1, 374, 44), row(1, 396, 109), row(3.25, 10, 1)]);
  expect(() => read("burstgpt", [header, ...failed].join("\n"))).toThrow("file.x: holds no requests");
});

test("mooncake: the names of a prompt's full blocks are kept, where there are some", () => {
  const line = (tokens: number, names?: number[]) =>
    JSON.stringify({ timestamp: 0, input_length: tokens, output_length: 1, hash_ids: names });
  const text = [line(1023, [7, 8]), line(1024, [7, 9]), line(1025, [7, 9, 4]), line(9, [5]), line(1024)].join("\n");
  const named = read("mooncake", text).map(({ prefixHashes }) => prefixHashes);
  expect(named).toEqual([[7], [7, 9], [7, 9], [], undefined]);
});

describe.each(["azure", "plain"] as const)("a CSV trace of the format %s", (format) => {
  const [header = "", first = ""] = good[format];

  test.each([
    ["no header", first],
    ["no header, over several lines", good[format].slice(1).join("\n")],
    ["a header without the last column", `${header.split(",").slice(0, -1).join(",")}\n${first}`],
    ["the header of another format", `${format === "azure" ? good.plain[0] : good.azure[0]}\n${first}`],
  ])("is refused with %s", (_, text) => {
    expect(() => read(format, text)).toThrow(/^file\.x: its header lacks .*\(allowed: \w+,\w+,\w+\)$/);
  });

  test("may have further columns and any order", () => {
    const columns = (line: string) => line.split(",").reverse().join(",");
    const text = good[format].map((line, index) => `${index === 0 ? "note" : "x"},${columns(line)}`).join("\n");
    expect(read(format, text)).toEqual(rows);
  });
});

describe("Azure's timestamps", () => {
  const arrivals = (...instants: string[]) =>
    read("azure", `${good.azure[0]}\n${instants.map((instant) => `${instant},1,1`).join("\n")}`).map(
      ({ arrivalSeconds }) => arrivalSeconds,
    );

  test("count from the first, over midnight, a leap day and the turn of a year", () => {
    expect(arrivals("2023-11-16 23:59:59.5", "2023-11-17 00:00:01")).toEqual([0, 1.5]);
    expect(arrivals("2024-02-28 12:00:00", "2024-02-29 12:00:00", "2024-03-01 12:00:00")).toEqual([0, 86400, 172800]);
    expect(arrivals("2023-12-31 23:00:00", "2024-01-01 00:00:00")).toEqual([0, 3600]);
  });

  test("keep their 100 ns", () => {
    const [, second = Number.NaN] = arrivals("2023-11-16 18:15:46.6805900", "2023-11-16 18:15:46.6805901");
    expect(Math.abs(second - 1e-7)).toBeLessThan(1e-10);
  });
});

describe("the trace that comes with the package", () => {
  const text = readFileSync(new URL("../../../scenarios/traces/sample.csv", import.meta.url), "utf8");

  test("is read whole", () => {
    const lines = text.trim().split("\n").slice(1);
    const trace = read("plain", text);
    expect(trace).toHaveLength(lines.length);
    expect(
      trace.map(({ arrivalSeconds, promptTokens, outputTokens }) => [arrivalSeconds, promptTokens, outputTokens]),
    ).toEqual(lines.map((line) => line.split(",").map(Number)));
  });
});
