import { lastValueFrom, tap } from "rxjs";
import { describe, expect, test } from "vitest";
import { run } from "../../src/experiment/run.ts";
import { synchronousPace } from "../../src/kernel/pace.ts";
import { RequestsCsv, requestsCsvHeader } from "../../src/report/requests-csv.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { runPlan } from "../../src/scenario/run-plan.ts";
import type { ServingEvent } from "../../src/serving/events.ts";
import type { RequestRecord } from "../../src/serving/request.ts";
import { advance, arrival, end, finish, request, stream, threeRequests } from "../observe/events.ts";
import { edited, small } from "../scenario/scenarios.ts";

/** The file after each event, its header left out. */
async function written(events: readonly ServingEvent[]): Promise<string[]> {
  let text = "";
  const csv = new RequestsCsv((more) => {
    text += more;
  });
  const after: string[] = [];
  const seen$ = stream(...events).pipe(
    tap((event) => {
      csv.on(event);
      after.push(text.slice(requestsCsvHeader.length));
    }),
  );
  await lastValueFrom(seen$);
  return after;
}

describe("the CSV of requests", () => {
  test("has a line for each request, in order of arrival", async () => {
    expect((await written(threeRequests())).at(-1)).toBe(
      [
        "0,1,10,3,2,5,0,finished,",
        "1,1,20,2,2,3,0,finished,",
        "2,2.5,30,1,5,5,0,finished,",
        "3,4,1,1,,,0,rejected,",
        "",
      ].join("\n"),
    );
  });

  test("is written as soon as a request and all before it have ended, whatever the order of their ends", async () => {
    const after = await written([
      arrival(0, 0, 1),
      arrival(1, 1, 2),
      arrival(2, 2, 3),
      finish(3, 2),
      finish(4, 0),
      finish(5, 1),
      end(6),
    ]);
    expect(
      after.map((text) =>
        text
          .trim()
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => line[0]),
      ),
    ).toEqual([[], [], [], [], ["0"], ["0", "1", "2"], ["0", "1", "2"]]);
  });

  test("leaves empty what has not come", async () => {
    const started = request(1, { arrivalSeconds: 1, promptTokens: 5, outputTokens: 9 });
    const after = await written([
      arrival(0, 0, 1, { promptTokens: 4, outputTokens: 8 }),
      { kind: "arrival", atSeconds: 1, request: started, waiting: 2 },
      advance(1, 2.5, { prefilled: [started] }),
      end(3),
    ]);
    expect(after.at(-1)).toBe("0,0,4,8,,,0,unfinished,\n1,1,5,9,2.5,,0,unfinished,\n");
  });

  test("keeps the first token of a request that was preempted, and counts how often it was", async () => {
    const one = request(0, { promptTokens: 5, outputTokens: 9 });
    const preemption: ServingEvent = { kind: "preemption", atSeconds: 3, replica: 0, request: one, droppedTokens: 7 };
    const after = await written([
      { kind: "arrival", atSeconds: 0, request: one, waiting: 1 },
      advance(0, 1, { prefilled: [one] }),
      preemption,
      advance(4, 5, { prefilled: [one] }),
      preemption,
      advance(6, 7, { prefilled: [one] }),
      finish(9, 0),
    ]);
    expect(after.at(-1)).toBe("0,0,5,9,1,9,2,finished,\n");
  });

  test("names the class of each request, in quotes where it has a comma or quotes itself", async () => {
    const after = await written([
      { kind: "rejection", atSeconds: 1, request: request(0, { className: "chat" }), reason: "full" },
      { kind: "rejection", atSeconds: 2, request: request(1, { className: 'chat, "long"' }), reason: "full" },
    ]);
    expect(after[0]).toMatch(/,rejected,chat\n$/);
    expect(after[1]).toMatch(/,rejected,"chat, ""long"""\n$/);
  });

  test("of a real run holds every request as it was served, however short of memory", async () => {
    const text = edited(edited(small, "requests: 10", "requests: 200"), "accelerators: 1", tight).replace(
      "{ distribution: constant, tokens: 100 }",
      "{ distribution: empirical, values: [100, 110, 500], weights: [10, 10, 1] }",
    );
    let csvText = "";
    const requests: RequestRecord[] = [];
    const csv = new RequestsCsv((more) => {
      csvText += more;
    });
    await run(runPlan(parseScenario(text)), {
      pace: synchronousPace,
      beside: (events$) =>
        events$.pipe(
          tap((event) => {
            csv.on(event);
            if (event.kind === "arrival" || event.kind === "rejection") requests.push(event.request);
          }),
        ),
    });
    const cell = (value: number) => (Number.isNaN(value) ? "" : value);
    const lines = requests.map(
      (one) =>
        `${[
          one.id,
          one.arrivalSeconds,
          one.promptTokens,
          one.outputTokens,
          cell(one.firstTokenSeconds),
          cell(one.finishSeconds),
          one.preemptions,
          Number.isNaN(one.finishSeconds) ? "rejected" : "finished",
          "",
        ].join(",")}\n`,
    );
    expect(requests).toHaveLength(200);
    expect(requests.some(({ preemptions }) => preemptions > 0)).toBe(true);
    expect(lines.some((line) => line.endsWith("rejected,\n"))).toBe(true);
    expect(csvText).toBe(requestsCsvHeader + lines.join(""));
  });
});

const tight = "accelerators: 1, kvCache: { capacityTokens: 430, blockTokens: 4 }";
