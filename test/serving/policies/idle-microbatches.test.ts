import { expect, test } from "vitest";
import { PolicyError } from "../../../src/core/errors.ts";
import type { BatchingPolicy, ReplicaView } from "../../../src/serving/policy.ts";
import { type Job, requestsOf, serve } from "../harness.ts";

const jobs: Job[] = [0, 0, 0, 0].map((arrivalSeconds) => ({ arrivalSeconds, promptTokens: 100, outputTokens: 10 }));
const serveBy = (ownPolicy: BatchingPolicy) => serve({ jobs, ownPolicy, stages: 2 });

const one = ({ waiting }: ReplicaView) => ({ admit: Math.min(1, waiting.length) });
const nothingRead = { decode: false, promptTokens: 0 };

/** The second of two microbatches takes one request in and computes nothing while `waits` says so; the first takes one at a time. */
function second(waits: (othersRun: number) => boolean): BatchingPolicy {
  return {
    plan(replica) {
      const { microbatch, runningSequences } = replica;
      const own = microbatch.sequences + microbatch.prefilling;
      if (microbatch.index === 0 || !waits(runningSequences - own)) return one(replica);
      return { ...nothingRead, admit: own === 0 ? one(replica).admit : 0 };
    },
  };
}

test("a microbatch that waits for another goes on once that has nothing left", async () => {
  const requests = requestsOf(await serveBy(second((othersRun) => othersRun > 0)));
  expect(requests.map(({ emittedTokens }) => emittedTokens)).toEqual([10, 10, 10, 10]);
});

test("a microbatch that is never to compute what it has taken in ends the run", async () => {
  await expect(serveBy(second(() => true))).rejects.toThrow(PolicyError);
});

test("a microbatch without a share of the cap waits for nothing, and harms nobody", async () => {
  const requests = requestsOf(await serve({ jobs, maxSequences: 1, stages: 2 }));
  expect(requests.map(({ emittedTokens }) => emittedTokens)).toEqual([10, 10, 10, 10]);
});
