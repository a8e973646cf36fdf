import type { LengthMoments, Load } from "../bounds/operating-point.ts";
import { UserError } from "../core/errors.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import { scenarioTraffic } from "../scenario/traffic.ts";
import { trafficClasses } from "../scenario/workload-schema.ts";
import { offeredLoad } from "../workload/moments.ts";
import type { Moments, RequestMoments } from "../workload/request-moments.ts";

/** The means of squares and products that the operating point is told by. */
export function lengthMoments({ prompt, output, meanProduct }: RequestMoments): LengthMoments {
  const meanSquare = ({ mean, variance }: Moments) => variance + mean ** 2;
  return {
    meanInput: prompt.mean,
    meanOutput: output.mean,
    meanInputSquared: meanSquare(prompt),
    meanOutputSquared: meanSquare(output),
    meanInputOutput: meanProduct,
  };
}

/**
 * What a scenario asks of each of its replicas on average, by calculation: an even share of its rate, and the moments of its
 * lengths. Throws `UserError` for arrivals that have no rate of their own, such as closed-loop users, for a trace that is
 * missing, and for replicas of several kinds, whose shares are not known beforehand.
 */
export function scenarioLoad(scenario: Scenario, deployment: Deployment, places: TracePlaces): Load {
  const { workload } = scenario;
  const [pool, another] = deployment.pools;
  if (another !== undefined) {
    throw new UserError("deployment.pools", "the load of each is not known beforehand", "replicas that are all alike");
  }
  const { policy } = pool!;
  const { requestsPerSecond, lengths } = offeredLoad(scenarioTraffic(scenario, places));
  if (requestsPerSecond === undefined || lengths === undefined) {
    const processes = trafficClasses(workload).map(({ arrivals }) => arrivals.process);
    throw new UserError(
      workload.classes === undefined ? "workload.arrivals" : "workload.classes",
      `${processes.join(", ")} arrivals have no rate of their own`,
      "arrivals with a mean rate, or a trace that spans some time",
    );
  }
  return {
    requestsPerSecond: requestsPerSecond / deployment.replicas,
    lengths: lengthMoments(lengths),
    maxSequences: "maxSequences" in policy ? (policy.maxSequences as number | undefined) : undefined,
    kvCapacityTokens: deployment.replica.kvCapacityTokens,
  };
}
