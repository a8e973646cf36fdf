import { take } from "rxjs";
import { expect, test } from "vitest";
import { arrivals } from "../../src/workload/arrivals.ts";
import { serve } from "./harness.ts";

const job = { arrivalSeconds: 1, promptTokens: 10, outputTokens: 20 };

test("a run whose requests are all served ends with the last of them, before its horizon", async () => {
  const events = await serve({ jobs: [job], horizonSeconds: 3600 });
  const finish = events.find(({ kind }) => kind === "finish")!;
  expect(events.at(-1)).toMatchObject({ kind: "end", atSeconds: finish.atSeconds });
});

test("users who still think when no more requests are wanted do not lengthen the run", async () => {
  const loop = arrivals.build({ process: "closed-loop", users: 5, thinkTime: 600, thinkDistribution: "constant" });
  const events = await serve({
    requests: (time, ended$) =>
      loop
        .arrivals({ time, ended$, random: () => 0.5, draw: () => ({ promptTokens: 1, outputTokens: 5 }), rows: [] })
        .pipe(take(5)),
  });
  const last = events.filter(({ kind }) => kind === "finish").at(-1)!;
  expect(events.at(-1)).toMatchObject({ kind: "end", atSeconds: last.atSeconds });
  expect(last.atSeconds).toBeLessThan(1);
});

test("a run that is cut at its horizon, or that waits for more, ends there", async () => {
  const cut = await serve({ jobs: [job], horizonSeconds: 1.01 });
  expect(cut.at(-1)).toMatchObject({ kind: "end", atSeconds: 1.01 });
  const waits = await serve({ jobs: [job, { ...job, arrivalSeconds: 500 }], horizonSeconds: 100 });
  expect(waits.at(-1)).toMatchObject({ kind: "end", atSeconds: 100 });
});
