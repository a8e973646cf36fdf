import type { ClosedForm } from "../bounds/closed-form.ts";
import type { Measurement } from "../observe/measurement.ts";
import type { LatencyMetric, Tally } from "../observe/tally.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import { confidenceLevel, type Estimate, estimate, finite } from "./estimate.ts";
import type { ExpertsReport } from "./experts-report.ts";
import { boundOf, type Figure, figures } from "./figures.ts";
import { type StageReport, stageReports } from "./stage-report.ts";

/** The distribution of a latency over requests (ITL: over tokens), in seconds. */
export interface LatencyReport {
  readonly count: number;
  readonly mean: Estimate;
  readonly p50: Estimate;
  readonly p90: Estimate;
  readonly p99: Estimate;
  readonly greatest: number | null;
}

/** A figure of the run beside the closed form at the run's own batch and context. */
export interface Compared {
  readonly simulated: Estimate;
  readonly closedForm: number | null;
  /** Simulated over closed form. */
  readonly ratio: number | null;
}

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
  readonly requests: {
    readonly offered: number;
    readonly finished: number;
    readonly unfinished: number;
    readonly rejected: number;
    readonly preempted: number;
    readonly preemptions: number;
  };
  readonly tokens: { readonly prompt: number; readonly output: number; readonly recomputed: number };
  readonly requestsPerSecond: Estimate;
  readonly outputTokensPerSecond: Estimate;
  readonly latency: Readonly<Record<LatencyMetric, LatencyReport>>;
  readonly occupancy: {
    /** Sequences of a decode step, and running sequences at a random instant. */
    readonly decodeBatch: Estimate;
    readonly batch: Estimate;
    readonly queue: Estimate;
    /** Share of the KV capacity. */
    readonly kvUse: Estimate;
    readonly decodeContextTokens: Estimate;
  };
  readonly stages: readonly StageReport[];
  /** Where the closed form was evaluated, and what binds it there. */
  readonly bound: { readonly batch: number; readonly contextTokens: number; readonly binding: string } | null;
  readonly speedTokensPerSecondPerRequest: Compared;
  readonly dollarsPerMillionOutputTokens: Compared;
  readonly mfu: Compared;
  /** Where experts are followed step by step. */
  readonly experts?: ExpertsReport;
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
  const compared = (figure: Figure & keyof ClosedForm): Compared => compare(of(figure), bound?.[figure]);
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
      microbatching: scenario.deployment.layout.microbatching,
      kvCapacityTokens: deployment.kvCapacityTokens,
      policy: scenario.policy.name,
    },
    requests: {
      offered: counts.offered,
      finished: counts.finished,
      unfinished: counts.offered - counts.finished - counts.rejected,
      rejected: counts.rejected,
      preempted: counts.preemptedRequests,
      preemptions: counts.preemptions,
    },
    tokens: { prompt: counts.promptTokens, output: counts.outputTokens, recomputed: counts.recomputedTokens },
    requestsPerSecond: of("requestsPerSecond"),
    outputTokensPerSecond: of("outputTokensPerSecond"),
    latency: {
      ttftSeconds: latencyReport(measurement, "ttftSeconds"),
      tpotSeconds: latencyReport(measurement, "tpotSeconds"),
      itlSeconds: latencyReport(measurement, "itlSeconds"),
      e2eSeconds: latencyReport(measurement, "e2eSeconds"),
      queueingSeconds: latencyReport(measurement, "queueingSeconds"),
    },
    occupancy: {
      decodeBatch: of("decodeBatch"),
      batch: of("batch"),
      queue: of("queue"),
      kvUse: of("kvUse"),
      decodeContextTokens: of("decodeContextTokens"),
    },
    stages: stageReports(measurement),
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

function latencyReport(measurement: Measurement, metric: LatencyMetric): LatencyReport {
  const histogram = measurement.total.latency[metric];
  const quantile = (q: number) => estimate(measurement, (tally: Tally) => tally.latency[metric].quantile(q));
  return {
    count: histogram.count,
    mean: estimate(measurement, (tally) => tally.latency[metric].mean),
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    greatest: finite(histogram.greatest),
  };
}

function compare(simulated: Estimate, closedForm: number | undefined): Compared {
  const bound = closedForm === undefined ? null : finite(closedForm);
  const ratio = simulated.value === null || bound === null ? null : finite(simulated.value / bound);
  return { simulated, closedForm: bound, ratio };
}
