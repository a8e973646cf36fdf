import { bulkService } from "../predictions/bulk-service.ts";
import { means, type Prediction, quantiles, unmet } from "./prediction.ts";
import { arrivalsAtReplica, openBatch, solvable } from "./requirements.ts";
import { constantService, meanLongest, type ServingShape } from "./shape.ts";

/** Whole batches: static, and dynamic with its timeout. */
export const bulk: Prediction = {
  name: "bulk service M/D^[a,b]/1",
  source: "Bailey 1954; Neuts 1967; Chaudhry and Templeton 1983",
  assumptions: "Poisson arrivals, batches run to their longest output, whose mean stands for it, mean prompts",
  applies: (shape) =>
    unmet(
      ...openBatch(shape),
      [shape.policy === "static" || shape.policy === "dynamic", "batches are not whole"],
      [shape.batchCap <= 1024, "no cap of at most 1,024 sequences"],
      () => [meanLongest(shape.output, shape.batchCap) !== undefined, "the mean of the longest output is not known"],
      () => {
        const seconds = wholeBatchSeconds(shape)(shape.batchCap);
        return solvable((arrivalsAtReplica(shape).arrivalsPerSecond * seconds) / shape.batchCap);
      },
    ),
  predict: (shape) => {
    const { batchCap: maximumBatch, minimumBatch, timeoutSeconds } = shape;
    const { arrivalsPerSecond } = arrivalsAtReplica(shape);
    const batchSeconds = tabulated(wholeBatchSeconds(shape), maximumBatch);
    const service = { arrivalsPerSecond, minimumBatch, maximumBatch, timeoutSeconds, batchSeconds };
    const figures = bulkService(service);
    const lasting = minimumBatch === 1 || timeoutSeconds === Number.POSITIVE_INFINITY;
    const constant = constantService(shape) && !shape.stepVaries;
    const claim = constant && (lasting || timeoutSeconds <= batchSeconds(maximumBatch)) ? "exact" : "approximation";
    return [
      ...means(claim, {
        wait: figures.meanWaitSeconds,
        queue: figures.meanQueue,
        batchStarted: figures.meanBatch,
        busyShare: figures.busyShare,
      }),
      ...(figures.waitQuantile === undefined ? [] : quantiles(claim, "wait", figures.waitQuantile)),
    ];
  },
};

/** A batch reads its prompts in one step and then decodes until its longest output is done. */
function wholeBatchSeconds(shape: ServingShape): (batch: number) => number {
  return (batch) => {
    const decodeSteps = (meanLongest(shape.output, batch) ?? Number.NaN) - 1;
    return shape.stepSeconds(0, batch * shape.prompt.mean) + decodeSteps * shape.stepSeconds(batch, 0);
  };
}

function tabulated(seconds: (batch: number) => number, largest: number): (batch: number) => number {
  const table = Float64Array.from({ length: largest + 1 }, (_, batch) => (batch === 0 ? 0 : seconds(batch)));
  return (batch) => table[batch]!;
}
