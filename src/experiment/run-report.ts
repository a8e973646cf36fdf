import type { ClosedForm } from "../bounds/closed-form.ts";
import { histogramRelativeError } from "../core/histogram.ts";
import type { Measurement } from "../observe/measurement.ts";
import type { LatencyMetric } from "../observe/tally.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import { type ClassReport, classReports } from "./class-report.ts";
import type { ClusterReport } from "./cluster-report.ts";
import { type Compared, comparedWith } from "./compared.ts";
import { confidenceLevel, type Estimate, estimate, finite } from "./estimate.ts";
import type { ExpertsReport } from "./experts-report.ts";
import { type FairnessReport, fairnessReport } from "./fairness-report.ts";
import { boundOf, type Figure, figures } from "./figures.ts";
import { type GoodputReport, goodputReport } from "./goodput-report.ts";
import { type LatencyReport, latencyReport } from "./latency-report.ts";
import { type RequestsReport, requestsReport } from "./requests-report.ts";
import { type StageReport, stageReports } from "./stage-report.ts";

export interface RunReport {
  readonly scenario: string;
  readonly description: string | null;
  readonly seed: number | string;
  /** `drained`: all requests were served; `horizon`: time was up; `stopped`: cut short. */
  readonly ended: RunEnd;
  readonly simulatedSeconds: number;
  readonly confidenceLevel: number;
  readonly deployment: {
    readonly model: string;
    readonly accelerator: string;
    readonly accelerators: number;
    readonly tensorParallel: string;
    readonly tensorRanks: number;
    readonly pipelineStages: number;
    readonly stageLayers?: readonly number[];
    readonly microbatching: string;
    readonly kvCapacityTokens: number;
    readonly policy: string;
  };
  readonly requests: RequestsReport;
  /** `cached`: needed not be read, since the KV cache held them; `draftsRejected`: drafted tokens that were verified in vain. */
  readonly tokens: {
    readonly prompt: number;
    readonly output: number;
    readonly recomputed: number;
    readonly cached: number;
    readonly draftsRejected: number;
  };
  readonly offeredPerSecond: Estimate;
  /** Share of the offered requests. */
  readonly rejectedShare: Estimate;
  readonly requestsPerSecond: Estimate;
  readonly outputTokensPerSecond: Estimate;
  /** Null where no request has a target. */
  readonly goodput: GoodputReport | null;
  /** Percentiles are off by at most this share of their value, before all chance. */
  readonly percentileRelativeError: number;
  readonly latency: Readonly<Record<LatencyMetric, LatencyReport>>;
  readonly occupancy: {
    /** Sequences of a decode step, and running sequences at a random instant. */
    readonly decodeBatch: Estimate;
    readonly batch: Estimate;
    readonly queue: Estimate;
    /** Age of the request that has waited longest for its first admission: mean over time, and the greatest of all. */
    readonly oldestWaitSeconds: Estimate;
    readonly longestWaitSeconds: number | null;
    /** Share of the KV capacity. */
    readonly kvUse: Estimate;
    /** Of the tokens that were to be read, the share that the KV cache held already; null where it shares no prefixes. */
    readonly prefixHitShare: Estimate;
    readonly decodeContextTokens: Estimate;
    /** Of the sequences that steps computed, the share whose output had ended. */
    readonly paddingShare: Estimate;
  };
  /** Time of steps, all replicas and microbatches together. */
  readonly overheads: { readonly draftSeconds: number; readonly swapSeconds: number };
  readonly fairness: FairnessReport;
  /** Where the workload has classes of traffic. */
  readonly classes?: readonly ClassReport[];
  /** None where there are several replicas. */
  readonly stages: readonly StageReport[];
  /** Where the closed form was evaluated, and what binds it there. */
  readonly bound: { readonly batch: number; readonly contextTokens: number; readonly binding: string } | null;
  readonly speedTokensPerSecondPerRequest: Compared;
  readonly dollarsPerMillionOutputTokens: Compared;
  readonly mfu: Compared;
  /** Where experts are followed step by step. */
  readonly experts?: ExpertsReport;
  /** Where there are several replicas. */
  readonly cluster?: ClusterReport;
}

export type RunEnd = "drained" | "horizon" | "stopped";

/** Draws up what a run came to. */
export function runReport(
  scenario: Scenario,
  deployment: Deployment,
  measurement: Measurement,
  ended: RunEnd,
): RunReport {
  const { total, endSeconds } = measurement;
  const { counts } = total;
  const of = (figure: Figure): Estimate =>
    estimate(measurement, (tally) => figures[figure](tally, tally.total("seconds"), deployment));
  const bound = boundOf(total, deployment);
  const compared = (figure: Figure & keyof ClosedForm): Compared => comparedWith(of(figure), bound?.[figure]);
  const latency = (metric: LatencyMetric) => latencyReport(measurement, (tally) => tally.latency[metric]);
  const classes = classReports(scenario.workload, measurement);
  return {
    scenario: scenario.name,
    description: scenario.description ?? null,
    seed: scenario.run.seed,
    ended,
    simulatedSeconds: endSeconds,
    confidenceLevel,
    deployment: {
      model: deployment.architecture.name,
      accelerator: deployment.accelerator.name,
      accelerators: deployment.accelerators,
      ...deployment.layout,
      microbatching: deployment.stepTime.stepParts > 1 ? "split" : "separate",
      kvCapacityTokens: deployment.kvCapacityTokens,
      policy: scenario.policy.name,
    },
    requests: requestsReport(counts),
    tokens: {
      prompt: counts.promptTokens,
      output: counts.outputTokens,
      recomputed: counts.recomputedTokens,
      cached: counts.cachedTokens,
      draftsRejected: counts.rejectedTokens,
    },
    offeredPerSecond: of("offeredPerSecond"),
    rejectedShare: of("rejectedShare"),
    requestsPerSecond: of("requestsPerSecond"),
    outputTokensPerSecond: of("outputTokensPerSecond"),
    goodput: goodputReport(measurement, (tally) => tally),
    percentileRelativeError: histogramRelativeError,
    latency: {
      ttftSeconds: latency("ttftSeconds"),
      tpotSeconds: latency("tpotSeconds"),
      itlSeconds: latency("itlSeconds"),
      e2eSeconds: latency("e2eSeconds"),
      normalisedSeconds: latency("normalisedSeconds"),
      queueingSeconds: latency("queueingSeconds"),
    },
    occupancy: {
      decodeBatch: of("decodeBatch"),
      batch: of("batch"),
      queue: of("queue"),
      oldestWaitSeconds: of("oldestWaitSeconds"),
      longestWaitSeconds: finite(measurement.longestWaitSeconds),
      kvUse: of("kvUse"),
      prefixHitShare: of("prefixHitShare"),
      decodeContextTokens: of("decodeContextTokens"),
      paddingShare: of("paddingShare"),
    },
    overheads: { draftSeconds: total.total("draftSeconds"), swapSeconds: total.total("swapSeconds") },
    fairness: fairnessReport(measurement, classes !== undefined),
    ...(classes !== undefined && { classes }),
    stages: deployment.replicas === 1 ? stageReports(measurement) : [],
    bound:
      (bound && {
        batch: figures.decodeBatch(total, 0, deployment),
        contextTokens: figures.decodeContextTokens(total),
        binding: bound.binding,
      }) ||
      null,
    speedTokensPerSecondPerRequest: compared("tokensPerSecondPerRequest"),
    dollarsPerMillionOutputTokens: compared("dollarsPerMillionTokens"),
    mfu: compared("mfu"),
  };
}
