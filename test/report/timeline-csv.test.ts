import { parse } from "csv-parse/sync";
import { lastValueFrom } from "rxjs";
import { describe, expect, test } from "vitest";
import { timeWindows } from "../../src/observe/time-windows.ts";
import { timelineCsv, timelineCsvHeader } from "../../src/report/timeline-csv.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import { arrival, dispatch, end, finish, rejection, request, stream, threeRequests } from "../observe/events.ts";

async function written(seconds: number, ...events: readonly ServingEvent[]): Promise<string> {
  const windows = await lastValueFrom(stream(...events).pipe(timeWindows(seconds)));
  return [...timelineCsv(windows)].join("");
}

describe("the CSV of a timeline", () => {
  test("has a line for each window, in units that its header names", async () => {
    expect(await written(2, ...threeRequests())).toBe(
      [
        timelineCsvHeader.trim(),
        "0,2,2,0,0,0,1,1,1,0,1,15,0,",
        "2,4,2,1,1,0,1,inf,inf,0.25,2,37,0.5,",
        "4,6,0,2,0,0,1,2.5,2.5,0,1,21,0,",
        "",
      ].join("\n"),
    );
  });

  test("has as many cells in each line as its header", async () => {
    const rows = parse(await written(1, ...threeRequests()), { columns: true, cast: true }) as Record<
      string,
      unknown
    >[];
    expect(rows).toHaveLength(6);
    expect(rows[2]).toMatchObject({ from_s: 2, to_s: 3, finished: 1, output_tokens_per_s: 2, oldest_wait_s: 0.5 });
  });

  test("takes rates and means over what there was of the last window", async () => {
    const lines = (await written(4, ...threeRequests())).trim().split("\n");
    // From 4 to 6 s: two tokens, one sequence at a time for a second each.
    expect(lines[2]).toBe("4,6,0,2,0,0,1,2.5,2.5,0,1,21,0,");
  });

  test("has goodput where something was promised", async () => {
    const slo = { ttftSeconds: 1 };
    const text = await written(
      2,
      arrival(0, 0, 1, { slo }),
      dispatch(0, [request(0)], 0),
      finish(1, 0, { slo, firstTokenSeconds: 1 }),
      end(4),
    );
    expect(text.split("\n").map((line) => line.split(",").at(-1))).toEqual(["goodput_per_s", "0.5", "0", ""]);
  });

  test("leaves empty what has no duration", async () => {
    expect((await written(2, rejection(0, 0), end(0))).split("\n")[1]).toBe("0,0,1,0,1,0,,inf,inf,,,,0,");
  });
});
