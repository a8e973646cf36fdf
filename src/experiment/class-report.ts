import { type RequestLatency, RequestTally } from "../observe/request-tally.ts";
import type { Tally } from "../observe/tally.ts";
import { trafficClasses, type Workload } from "../scenario/workload-schema.ts";
import type { ServiceLevel } from "../serving/request.ts";
import { serviceLevel } from "../workload/traffic.ts";
import { type Estimate, estimate, type Measured } from "./estimate.ts";
import { type GoodputReport, goodputReport } from "./goodput-report.ts";
import { type LatencyReport, latencyReport } from "./latency-report.ts";
import { type RequestsReport, requestsReport } from "./requests-report.ts";

/** What became of the requests of one class of traffic. */
export interface ClassReport {
  readonly name: string;
  /** What its requests were promised; null where nothing. */
  readonly slo: ServiceLevel | null;
  readonly requests: RequestsReport;
  readonly requestsPerSecond: Estimate;
  readonly latency: Readonly<Record<RequestLatency, LatencyReport>>;
  readonly goodput: GoodputReport | null;
}

/** A report for each class of a workload, in its order; undefined where it has none. */
export function classReports(workload: Workload, measured: Measured<Tally>): readonly ClassReport[] | undefined {
  if (workload.classes === undefined) return undefined;
  return trafficClasses(workload).map(({ name, slo }) => {
    const requestsOf = (tally: Tally) => tally.classes.get(name!) ?? nobody;
    const latency = (metric: RequestLatency) => latencyReport(measured, (tally) => requestsOf(tally).latency[metric]);
    return {
      name: name!,
      slo: serviceLevel(slo) ?? null,
      requests: requestsReport(requestsOf(measured.total).counts),
      requestsPerSecond: estimate(measured, (tally) => requestsOf(tally).counts.finished / tally.total("seconds")),
      latency: {
        ttftSeconds: latency("ttftSeconds"),
        tpotSeconds: latency("tpotSeconds"),
        e2eSeconds: latency("e2eSeconds"),
        normalisedSeconds: latency("normalisedSeconds"),
        queueingSeconds: latency("queueingSeconds"),
      },
      goodput: goodputReport(measured, requestsOf),
    };
  });
}

/** Stands for a class in a stretch in which none of its requests came. */
const nobody = new RequestTally();
