import { connect, lastValueFrom, map, reduce, zip } from "rxjs";
import { UserError } from "../core/errors.ts";
import { type Pace, slicedPace } from "../kernel/pace.ts";
import { type GapLedger, gapLedger } from "../observe/ledger/gap-ledger.ts";
import { type Cause, causes, type Ledger } from "../observe/ledger/ledger.ts";
import { type Measurement, measurement } from "../observe/measurement.ts";
import { type RunPlan, runPlan } from "../scenario/run-plan.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import type { ServingEvent } from "../serving/events.ts";
import type { RequestSpec } from "../serving/request.ts";
import type { Facts } from "./counterfactual.ts";
import { counterfactualPaths } from "./counterfactual-paths.ts";
import { confidenceLevel, type Estimate, estimate, withoutInterval } from "./estimate.ts";
import { figures } from "./figures.ts";
import { hasLedger, ledgerOptions } from "./ledger-options.ts";
import { planEvents } from "./plan-events.ts";
import { ledgerDollars, type Waterfall, waterfall } from "./waterfall.ts";

/** One line of the ledger. */
export interface BookedCause {
  readonly cause: Cause;
  /** Of the pipeline's bubble, counted from 1. */
  readonly stage?: number;
  readonly acceleratorSeconds: number;
  /** Of all accelerator-seconds. */
  readonly share: Estimate;
  readonly dollarsPerMillionTokens: Estimate;
}

export interface ExplainReport {
  readonly scenario: string;
  readonly description: string | null;
  readonly seed: number | string;
  readonly model: string;
  readonly accelerator: string;
  readonly accelerators: number;
  readonly requests: { readonly offered: number; readonly finished: number };
  readonly simulatedSeconds: number;
  readonly confidenceLevel: number;
  readonly ledger: {
    readonly acceleratorSeconds: number;
    readonly outputTokens: number;
    /** What useful decode is measured at. */
    readonly fullBatch: number;
    readonly contextTokens: number;
    readonly causes: readonly BookedCause[];
  };
  /** Null where nothing was decoded, and there is no price. */
  readonly waterfall: Waterfall | null;
}

export interface ExplainOptions {
  readonly places?: TracePlaces;
  readonly pace?: Pace;
  /** Told of each run that is made. */
  readonly onProgress?: (run: number, of: number) => void;
}

/** Runs a scenario, books its time to causes, and runs it again with causes switched off. */
export async function explain(scenario: Scenario, options: ExplainOptions = {}): Promise<ExplainReport> {
  const { places = {}, pace = slicedPace(), onProgress = () => {} } = options;
  if (!hasLedger({ scenario })) {
    const what = "no one closed form measures pools that may differ";
    throw new UserError("deployment.pools", what, "replicas in place of pools");
  }
  const plan = runPlan(scenario, places);
  const { deployment } = plan;
  const { ledger, measured, specs } = await observed(plan, pace);
  const { total } = measured;
  const speed = figures.tokensPerSecondPerRequest(total);
  const { contextTokens, fullBatch } = ledger.total;
  const facts: Facts = { scenario, deployment, specs, contextTokens, fullBatch };
  const hasPrice = ledger.total.outputTokens > 0 && Number.isFinite(speed);
  return {
    scenario: scenario.name,
    description: scenario.description ?? null,
    seed: scenario.run.seed,
    model: deployment.architecture.name,
    accelerator: deployment.accelerator.name,
    accelerators: deployment.accelerators,
    requests: { offered: total.counts.offered, finished: total.counts.finished },
    simulatedSeconds: measured.endSeconds,
    confidenceLevel,
    ledger: {
      acceleratorSeconds: ledger.total.acceleratorSeconds,
      outputTokens: ledger.total.outputTokens,
      fullBatch,
      contextTokens,
      causes: bookedCauses(ledger, plan),
    },
    waterfall: hasPrice
      ? waterfall(
          deployment,
          speed,
          ledger,
          await counterfactualPaths(facts, ledger, { places, pace, onProgress }),
          plan.expectedRequests !== undefined,
        )
      : null,
  };
}

function bookedCauses(ledger: GapLedger, { deployment }: RunPlan): BookedCause[] {
  const sections = ledger.groupings[0] ?? [];
  const line = (cause: Cause, seconds: (ledger: Ledger) => number): BookedCause => {
    // What all sections miss came after the last of them.
    const isOnce = cause === "warmUp" || cause === "drain" || sections.every((section) => seconds(section) === 0);
    const of = (figure: (ledger: Ledger) => number) => {
      const estimated = estimate(ledger, figure);
      return isOnce && estimated.value !== 0 ? withoutInterval(estimated) : estimated;
    };
    return {
      cause,
      acceleratorSeconds: seconds(ledger.total),
      share: of((one) => seconds(one) / one.acceleratorSeconds),
      dollarsPerMillionTokens: of((one) => ledgerDollars(seconds(one), one, deployment)),
    };
  };
  const stages = deployment.stepTime.stageWeights.length;
  const bubbles = Array.from({ length: stages === 1 ? 0 : stages }, (_, stage) => ({
    ...line("pipelineBubble", ({ bubbleByStage }) => bubbleByStage[stage]!),
    stage: stage + 1,
  }));
  return causes.flatMap((cause) =>
    cause === "pipelineBubble" ? bubbles : [line(cause, ({ causes: of }) => of[cause])],
  );
}

interface Observed {
  readonly ledger: GapLedger;
  readonly measured: Measurement;
  readonly specs: readonly RequestSpec[];
}

function observed(plan: RunPlan, pace: Pace): Promise<Observed> {
  return lastValueFrom(
    planEvents(plan, pace).pipe(
      connect((shared$) =>
        zip(
          shared$.pipe(gapLedger(ledgerOptions(plan))),
          shared$.pipe(measurement(plan.expectedRequests)),
          shared$.pipe(requestsThatCame()),
        ),
      ),
      map(([ledger, measured, specs]) => ({ ledger, measured, specs })),
    ),
  );
}

/** Those that were served or waited, in order of arrival. */
const requestsThatCame = () =>
  reduce<ServingEvent, RequestSpec[]>((specs, event) => {
    if (event.kind === "arrival") specs.push(event.request);
    return specs;
  }, []);
