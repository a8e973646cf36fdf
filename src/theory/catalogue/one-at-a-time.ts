import { deterministicServers } from "../predictions/deterministic-servers.ts";
import { generalServer, kingmanWait } from "../predictions/general-server.ts";
import { generalServers } from "../predictions/general-servers.ts";
import { markovServers } from "../predictions/markov-servers.ts";
import { tandemOfConstantStages } from "../predictions/pipeline.ts";
import { means, type Prediction, quantiles, unmet } from "./prediction.ts";
import { arrivalsAtReplica, requirements as need } from "./requirements.ts";
import { aloneMoments, constantService, promptIsOneToken, promptMoments, type ServingShape } from "./shape.ts";

/** Steps may vary as long as the moments of what they come to are known. */
const exactUnlessVaried = ({ stepVaries, aloneSeconds }: ServingShape) =>
  stepVaries && aloneSeconds === undefined ? "approximation" : "exact";

/** Requests of one shape, one at a time, at one replica. */
export const oneConstantServer: Prediction = {
  name: "M/D/1",
  source: "Erlang 1909; Crommelin 1932; Franx 2001",
  assumptions: "Poisson arrivals, one sequence at a time, every request the same length, first come first served",
  applies: (shape) =>
    unmet(
      need.open(shape),
      need.ownQueues(shape),
      need.poisson(shape),
      need.oneAtATime(shape),
      need.oneStage(shape),
      need.inOrder(shape),
      need.noOtherLimits(shape),
      [constantService(shape), "requests differ in length"],
      () => need.stableAlone(shape),
    ),
  predict: (shape) => constantServers(shape, arrivalsAtReplica(shape).arrivalsPerSecond, 1),
};

/** Requests of one shape, one at a time, at replicas behind one queue. */
export const constantServersBehindOneQueue: Prediction = {
  name: "M/D/c",
  source: "Crommelin 1932; Franx 2001",
  assumptions:
    "Poisson arrivals to one queue before all replicas, one sequence at a time each, every request the same length",
  applies: (shape) =>
    unmet(
      need.open(shape),
      [shape.replicas > 1, "one replica: see M/D/1"],
      need.centralQueue(shape),
      poissonToAll(shape),
      need.oneAtATime(shape),
      need.oneStage(shape),
      need.inOrder(shape),
      need.noOtherLimits(shape),
      [constantService(shape), "requests differ in length"],
      () => need.stableAlone(shape),
    ),
  predict: (shape) => constantServers(shape, totalRate(shape), shape.replicas),
};

function constantServers(shape: ServingShape, arrivalsPerSecond: number, servers: number) {
  const claim = exactUnlessVaried(shape);
  const serviceSeconds = aloneMoments(shape).mean;
  const promptSeconds = promptMoments(shape).mean;
  const queue = deterministicServers({ arrivalsPerSecond, serviceSeconds, servers });
  return [
    ...means(claim, {
      wait: queue.meanWaitSeconds,
      timeToFirstToken: queue.meanWaitSeconds + promptSeconds,
      sojourn: queue.meanSojournSeconds,
      waitProbability: queue.waitProbability,
      queue: queue.meanWaitSeconds * arrivalsPerSecond,
      busyShare: queue.utilisation,
    }),
    ...quantiles(claim, "wait", queue.waitQuantile),
    ...quantiles(claim, "timeToFirstToken", (p) => queue.waitQuantile(p) + promptSeconds),
    ...quantiles(claim, "sojourn", (p) => queue.waitQuantile(p) + serviceSeconds),
  ];
}

/** Requests of memoryless length, one at a time. */
export const markovServersBehindOneQueue: Prediction = {
  name: "M/M/c",
  source: "Erlang 1917; Kleinrock 1975",
  assumptions: "Poisson arrivals, one sequence at a time, geometric outputs of many tokens, prompts of one token",
  applies: (shape) =>
    unmet(
      need.open(shape),
      need.centralQueue(shape),
      poissonToAll(shape),
      need.oneAtATime(shape),
      need.oneStage(shape),
      need.inOrder(shape),
      need.noOtherLimits(shape),
      [shape.output.kind === "geometric" && promptIsOneToken(shape), "service times are not memoryless"],
      () => need.stableAlone(shape),
    ),
  predict: (shape) => {
    const arrivalsPerSecond = totalRate(shape);
    const serviceSeconds = aloneMoments(shape).mean;
    const queue = markovServers({ arrivalsPerSecond, serviceSeconds, servers: shape.replicas });
    return [
      ...means("approximation", {
        wait: queue.meanWaitSeconds,
        sojourn: queue.meanSojournSeconds,
        waitProbability: queue.waitProbability,
        queue: queue.meanWaitSeconds * arrivalsPerSecond,
        busyShare: queue.utilisation,
      }),
      ...quantiles("approximation", "wait", queue.waitQuantile),
      ...quantiles("approximation", "sojourn", queue.sojournQuantile),
    ];
  },
};

/** Requests of any lengths, one at a time, at one replica. */
export const oneGeneralServer: Prediction = {
  name: "M/G/1",
  source: "Pollaczek 1930; Khinchine 1932; Takács 1962",
  assumptions: "Poisson arrivals, one sequence at a time, independent lengths, first come first served",
  applies: (shape) =>
    unmet(
      need.open(shape),
      need.ownQueues(shape),
      need.poisson(shape),
      need.oneAtATime(shape),
      need.oneStage(shape),
      need.inOrder(shape),
      need.noOtherLimits(shape),
      () => need.stableAlone(shape),
    ),
  predict: (shape) => {
    const { arrivalsPerSecond } = arrivalsAtReplica(shape);
    const figures = generalServer(arrivalsPerSecond, aloneMoments(shape));
    const claim = exactUnlessVaried(shape);
    const { waitVariance } = figures;
    return [
      ...means(claim, {
        wait: figures.meanWaitSeconds,
        timeToFirstToken: figures.meanWaitSeconds + promptMoments(shape).mean,
        sojourn: figures.meanSojournSeconds,
        queue: figures.meanWaitSeconds * arrivalsPerSecond,
        busyShare: figures.utilisation,
      }),
      ...(waitVariance === undefined
        ? []
        : [{ quantity: "wait", statistic: "variance", value: waitVariance, claim } as const]),
    ];
  },
};

/** Any renewal arrivals, one sequence at a time. */
export const anyArrivalsToOneServer: Prediction = {
  name: "Kingman (GI/G/1)",
  source: "Kingman 1961, 1962; Krämer and Langenbach-Belz 1976",
  assumptions: "independent interarrival times and lengths, one sequence at a time, first come first served",
  applies: (shape) =>
    unmet(
      need.open(shape),
      need.ownQueues(shape),
      need.renewal(shape),
      need.oneAtATime(shape),
      need.oneStage(shape),
      need.inOrder(shape),
      need.noOtherLimits(shape),
      () => need.stableAlone(shape),
    ),
  predict: (shape) => {
    const { arrivalsPerSecond, interarrivalCv } = arrivalsAtReplica(shape);
    const wait = kingmanWait(arrivalsPerSecond, interarrivalCv, aloneMoments(shape));
    return [
      ...means("upper bound", { wait: wait.upperBoundSeconds }),
      ...means("approximation", { wait: wait.correctedSeconds }),
    ];
  },
};

/** Any lengths, one at a time, at replicas behind one queue. */
export const generalServersBehindOneQueue: Prediction = {
  name: "M/G/c (Allen–Cunneen, Kimura)",
  source: "Allen 1978; Kimura 1986",
  assumptions: "independent interarrival times and lengths, one queue before all replicas, one sequence at a time each",
  applies: (shape) =>
    unmet(
      need.open(shape),
      [shape.replicas > 1, "one replica: see M/G/1"],
      need.centralQueue(shape),
      need.renewal(shape),
      need.oneAtATime(shape),
      need.oneStage(shape),
      need.inOrder(shape),
      need.noOtherLimits(shape),
      () => need.stableAlone(shape),
    ),
  predict: (shape) => {
    const cv = shape.arrivals.kind === "open" ? shape.arrivals.interarrivalCv : Number.NaN;
    const service = aloneMoments(shape);
    const { allenCunneenSeconds, kimuraSeconds } = generalServers(totalRate(shape), cv, service, shape.replicas);
    const wait = kimuraSeconds ?? allenCunneenSeconds;
    return means("approximation", { wait, sojourn: wait + service.mean, queue: wait * totalRate(shape) });
  },
};

/** One request after another through the stages of a pipeline, each reading its prompt and emitting one token. */
export const tandem: Prediction = {
  name: "tandem of constant stages",
  source: "Avi-Itzhak 1965; Friedman 1965",
  assumptions: "Poisson arrivals, one pass of a microbatch of one through every stage, constant stage times, free hops",
  applies: (shape) =>
    unmet(
      need.open(shape),
      need.ownQueues(shape),
      need.poisson(shape),
      need.inOrder(shape),
      need.noOtherLimits(shape),
      [shape.pipeline !== undefined && shape.pipeline.hopSeconds === 0, "no pipeline, or its hops take time"],
      [
        promptIsOneToken(shape) && constantService(shape) && shape.output.mean === 1,
        "requests take more than one pass",
      ],
      [shape.batchCap === 1, "more than one sequence in a microbatch"],
      () => [arrivalsAtReplica(shape).arrivalsPerSecond * Math.max(...stagesOfOne(shape)) < 1, "overloaded"],
    ),
  predict: (shape) => {
    const figures = tandemOfConstantStages(arrivalsAtReplica(shape).arrivalsPerSecond, stagesOfOne(shape));
    return [
      ...means("exact", { sojourn: figures.meanSojournSeconds }),
      ...quantiles("exact", "sojourn", figures.sojournQuantile),
    ];
  },
};

function stagesOfOne({ pipeline }: ServingShape): readonly number[] {
  return pipeline?.stageSeconds(1) ?? [];
}

function totalRate({ arrivals }: ServingShape): number {
  return arrivals.kind === "open" ? arrivals.requestsPerSecond : Number.NaN;
}

function poissonToAll({ arrivals }: ServingShape): readonly [boolean, string] {
  return [arrivals.kind === "open" && arrivals.process === "poisson", "arrivals are not Poisson"];
}
