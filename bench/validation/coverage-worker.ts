import { parentPort, workerData } from "node:worker_threads";
import { type CoverageCase, intervalCoverage, unstableShare } from "../../test/theory/coverage.ts";

/** What a worker is asked, of so many runs of one queue. */
export type Asked = CoverageCase & { readonly of: "intervals" | "stability" };

const asked = workerData as Asked;
parentPort!.postMessage(asked.of === "intervals" ? intervalCoverage(asked) : unstableShare(asked));
