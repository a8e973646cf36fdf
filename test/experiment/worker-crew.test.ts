import { expect, onTestFinished, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { check } from "../../src/experiment/check.ts";
import type { Crew } from "../../src/experiment/replications.ts";
import { defaultPrecision } from "../../src/experiment/study.ts";
import { WorkerCrew } from "../../src/experiment/worker-crew.ts";
import { parseScenario } from "../../src/scenario/read.ts";
import { edited, replaying, small, temporaryFile } from "../scenario/scenarios.ts";

function crewOf(size: number): Crew {
  const crew = new WorkerCrew(size, new URL("./source-worker.mjs", import.meta.url));
  onTestFinished(() => crew.close());
  return crew;
}

test("runs made in threads come to the same to the last byte, however many there are", async () => {
  const scenario = parseScenario(edited(small, "requests: 10", "requests: 400"));
  const precision = { ...defaultPrecision, meanTpot: 0.001, p99Ttft: 0.001, budget: { minimum: 10, maximum: 25 } };
  const here = JSON.stringify(await check(scenario, { precision }));
  expect(JSON.parse(here).replications).toBe(25);
  expect(JSON.stringify(await check(scenario, { precision, crew: crewOf(2) }))).toBe(here);
});

test("what fails in a thread fails here as itself, and the crew goes on", async () => {
  const crew = crewOf(1);
  const broken = temporaryFile("broken.csv", "arrival_s,input_tokens,output_tokens\n0,10,many\n");
  const order = (text: string) => crew.make({ scenario: parseScenario(text), places: {}, name: "pilot 0" });
  const failing = await Promise.allSettled([1, 2, 3].map(() => order(replaying(broken))));
  for (const one of failing) expect(one).toMatchObject({ status: "rejected", reason: expect.any(UserError) });
  expect((await order(small)).books).toMatchObject({ offered: 10, finished: 10 });
});
