import type { LengthMoments, Load } from "../bounds/operating-point.ts";
import { UserError } from "../core/errors.ts";
import { randomStreams } from "../core/random.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import { readTrace, type TracePlaces } from "../scenario/trace-file.ts";
import type { RequestSpec } from "../serving/request.ts";
import { lengths } from "../workload/lengths.ts";

/** Draws from which the moments of a scenario without a number of requests are taken. */
const enoughDraws = 100_000;

/** Means over the given requests. */
export function lengthMoments(requests: readonly RequestSpec[]): LengthMoments {
  const mean = (figure: (request: RequestSpec) => number) =>
    requests.reduce((sum, request) => sum + figure(request), 0) / requests.length;
  return {
    meanInput: mean(({ promptTokens }) => promptTokens),
    meanOutput: mean(({ outputTokens }) => outputTokens),
    meanInputSquared: mean(({ promptTokens }) => promptTokens ** 2),
    meanOutputSquared: mean(({ outputTokens }) => outputTokens ** 2),
    meanInputOutput: mean(({ promptTokens, outputTokens }) => promptTokens * outputTokens),
  };
}

/** The lengths that a run of the scenario would draw, from the same streams of random numbers. */
function drawnRequests({ workload, run }: Scenario): RequestSpec[] {
  const streams = randomStreams(run.seed);
  const prompt = lengths.build(workload.prompt!).sampler(streams("lengths/prompt"));
  const output = lengths.build(workload.output!).sampler(streams("lengths/output"));
  return Array.from({ length: run.requests ?? enoughDraws }, () => ({
    promptTokens: prompt(),
    outputTokens: output(),
  }));
}

/**
 * What a scenario asks of its deployment on average: its rate, and the moments of the very lengths that it draws or
 * replays. Throws `UserError` for closed-loop users, who have no rate of their own, and for a trace that is missing.
 */
export function scenarioLoad(scenario: Scenario, deployment: Deployment, places: TracePlaces): Load {
  const { policy, run } = scenario;
  const arrivals: Scenario["workload"]["arrivals"] = scenario.workload.arrivals;
  const limits = {
    maxSequences: "maxSequences" in policy ? (policy.maxSequences as number | undefined) : undefined,
    kvCapacityTokens: deployment.kvCapacityTokens,
  };
  if (arrivals.process === "trace") {
    const rows = readTrace(arrivals.format, arrivals.file, places).slice(0, run.requests);
    const spanSeconds = (rows.at(-1)!.arrivalSeconds - rows[0]!.arrivalSeconds) * arrivals.timeScale;
    if (!(spanSeconds > 0)) {
      throw new UserError(
        "workload.arrivals",
        "all requests of the trace come at once",
        "a trace that spans some time",
      );
    }
    return { requestsPerSecond: (rows.length - 1) / spanSeconds, lengths: lengthMoments(rows), ...limits };
  }
  if (!("rate" in arrivals)) {
    throw new UserError(
      "workload.arrivals",
      `${arrivals.process} arrivals have no rate of their own`,
      "a rate or a trace",
    );
  }
  return { requestsPerSecond: arrivals.rate, lengths: lengthMoments(drawnRequests(scenario)), ...limits };
}
