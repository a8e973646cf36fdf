import { closedForm, draftedClosedForm, type OperatingFigures, operatingFigures } from "../bounds/closed-form.ts";
import { type ExactPoint, exactFrontier } from "../bounds/frontier/exact-frontier.ts";
import { acceleratorsOf } from "../bounds/layout.ts";
import { stepTimeModel } from "../bounds/step-time.ts";
import type { GapLedger } from "../observe/ledger/gap-ledger.ts";
import type { Ledger } from "../observe/ledger/ledger.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { SwitchName } from "./counterfactual.ts";
import type { Paths } from "./counterfactual-paths.ts";
import { type Estimate, estimate, type Measured, withoutInterval } from "./estimate.ts";

/** A point of the closed form on the way from the frontier to the run. */
export interface WaterfallPoint {
  readonly accelerators: number;
  readonly tensorParallel: string;
  readonly tensorRanks: number;
  readonly pipelineStages: number;
  readonly batch: number;
  readonly tokensPerSecondPerRequest: number;
  readonly dollarsPerMillionTokens: number;
}

/** What one cause adds to the price of a million output tokens. */
export interface WaterfallStep {
  readonly cause: SwitchName;
  /** The mean of both orders, with its interval by batch means where there is one. */
  readonly dollarsPerMillionTokens: Estimate;
  /** Switched off first to last, and last to first: how far the two differ tells how much causes depend on one another. */
  readonly forwardDollarsPerMillionTokens: number;
  readonly backwardDollarsPerMillionTokens: number;
}

/** From the frontier's price at the run's own speed to the price that the run came to. */
export interface Waterfall {
  readonly tokensPerSecondPerRequest: number;
  readonly contextTokens: number;
  /** The cheapest deployment as fast as the run; null where none is. */
  readonly frontier: WaterfallPoint | null;
  /** This deployment at the largest batch with which it is as fast as the run; null where even one sequence is slower. */
  readonly bestBatch: WaterfallPoint | null;
  /** This deployment at the batch that its policy allows, whether or not memory holds it, and without drafts. */
  readonly fullBatch: WaterfallPoint;
  readonly steps: readonly WaterfallStep[];
  /** What is left of the run's price above the closed form of the full batch when every cause is switched off. */
  readonly unexplainedDollarsPerMillionTokens: number;
  readonly realisedDollarsPerMillionTokens: Estimate;
}

/** Draws the waterfall of a run at some speed. Intervals need the same requests in the sections of all its runs: `isPaired`. */
export function waterfall(
  deployment: Deployment,
  tokensPerSecondPerRequest: number,
  { total: { contextTokens, fullBatch } }: GapLedger,
  paths: Paths,
  isPaired: boolean,
): Waterfall {
  const full = fullBatchPoint(deployment, fullBatch, contextTokens);
  const best = bestBatchPoint(deployment, contextTokens, tokensPerSecondPerRequest);
  const { steps, realised, allOff } = stepsOf(deployment, paths, isPaired);
  return {
    tokensPerSecondPerRequest,
    contextTokens,
    frontier: frontierPoint(deployment, contextTokens, tokensPerSecondPerRequest, best),
    bestBatch: best,
    fullBatch: full,
    steps,
    unexplainedDollarsPerMillionTokens: allOff - full.dollarsPerMillionTokens,
    realisedDollarsPerMillionTokens: realised,
  };
}

/** Dollars of a million output tokens by a ledger. */
export function ledgerDollars(seconds: number, { outputTokens }: Ledger, { accelerator }: Deployment): number {
  return (1e6 * seconds * accelerator.dollarsPerHour) / 3600 / outputTokens;
}

function priceOf(ledger: Ledger, leavesOutEnds: boolean, deployment: Deployment): number {
  const { acceleratorSeconds, causes } = ledger;
  const ends = leavesOutEnds ? causes.warmUp + causes.drain : 0;
  return ledgerDollars(acceleratorSeconds - ends, ledger, deployment);
}

function stepsOf(deployment: Deployment, { causes, forward, backward }: Paths, isPaired: boolean) {
  const runs = [...forward, ...backward];
  const measured = together(
    runs.map(({ ledger }) => ledger),
    isPaired,
  );
  const price = (ledgers: readonly Ledger[], run: number) =>
    priceOf(ledgers[run]!, runs[run]!.leavesOutEnds, deployment);
  const forwardEffect = (ledgers: readonly Ledger[], place: number) =>
    price(ledgers, place) - price(ledgers, place + 1);
  const backwardEffect = (ledgers: readonly Ledger[], place: number) => {
    const switchedOff = forward.length + causes.length - 1 - place;
    return price(ledgers, switchedOff) - price(ledgers, switchedOff + 1);
  };
  const steps = causes.map((cause, place): WaterfallStep => {
    const both = estimate(measured, (ledgers) => (forwardEffect(ledgers, place) + backwardEffect(ledgers, place)) / 2);
    return {
      cause,
      dollarsPerMillionTokens: cause === "ends" ? withoutInterval(both) : both,
      forwardDollarsPerMillionTokens: forwardEffect(measured.total, place),
      backwardDollarsPerMillionTokens: backwardEffect(measured.total, place),
    };
  });
  return {
    steps,
    realised: estimate(measured, (ledgers) => price(ledgers, 0)),
    allOff: price(measured.total, causes.length),
  };
}

/** Several runs as one, section by section where these hold the same requests. */
function together(ledgers: readonly GapLedger[], isPaired: boolean): Measured<readonly Ledger[]> {
  const alike = isPaired && new Set(ledgers.map(({ groupings }) => groupings[0]!.length)).size === 1;
  const groupings = alike ? ledgers[0]!.groupings : [];
  return {
    total: ledgers.map(({ total }) => total),
    groupings: groupings.map((sections, grouping) =>
      sections.map((_, section) => ledgers.map((ledger) => ledger.groupings[grouping]![section]!)),
    ),
  };
}

function fullBatchPoint(deployment: Deployment, batch: number, contextTokens: number): WaterfallPoint {
  const { architecture, accelerator, layout } = deployment;
  const size = batch / layout.pipelineStages;
  const cached = size * contextTokens;
  const shape = { tokens: size, attentionPairs: cached, kvTokensRead: cached, sequences: size, outputs: size };
  const { tripSeconds } = stepTimeModel(architecture, accelerator, layout).time(shape);
  const accelerators = acceleratorsOf(layout);
  return point(
    deployment,
    batch,
    operatingFigures(architecture, accelerator, accelerators, batch, contextTokens, tripSeconds),
  );
}

/** Batches beyond this are beyond any memory. */
const largestMicrobatch = 2 ** 24;

/** The largest batch of whole, equal microbatches that is as fast as asked: prices only fall as batches grow. */
function bestBatchPoint(deployment: Deployment, contextTokens: number, speed: number): WaterfallPoint | null {
  const { architecture, accelerator, layout, speculation } = deployment;
  const at = (size: number) => {
    const batch = size * layout.pipelineStages;
    if (speculation === undefined) return closedForm(architecture, accelerator, layout, batch, contextTokens);
    return draftedClosedForm(architecture, accelerator, layout, speculation, batch, contextTokens);
  };
  let good = 0;
  let bad = largestMicrobatch;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (at(middle).tokensPerSecondPerRequest >= speed) good = middle;
    else bad = middle;
  }
  return good === 0 ? null : point(deployment, good * layout.pipelineStages, at(good));
}

/** The cheapest of all real deployments and this one itself, whose layout may be none of the real ones. */
function frontierPoint(
  { architecture, accelerator, speculation }: Deployment,
  contextTokens: number,
  speed: number,
  own: WaterfallPoint | null,
): WaterfallPoint | null {
  const question = {
    architecture,
    accelerator,
    contextTokens,
    minTokensPerSecondPerRequest: speed,
    ...(speculation && { speculation: { ...speculation, maxDraftTokens: speculation.draftTokens } }),
  };
  const cheapest: ExactPoint | undefined = exactFrontier(question).at(-1);
  if (cheapest === undefined) return own;
  if (own !== null && own.dollarsPerMillionTokens <= cheapest.dollarsPerMillionTokens) return own;
  const { accelerators, layout, batch, tokensPerSecondPerRequest, dollarsPerMillionTokens } = cheapest;
  return { accelerators, ...layout, batch, tokensPerSecondPerRequest, dollarsPerMillionTokens };
}

function point({ accelerators, layout }: Deployment, batch: number, figures: OperatingFigures): WaterfallPoint {
  const { tokensPerSecondPerRequest, dollarsPerMillionTokens } = figures;
  return { accelerators, ...layout, batch, tokensPerSecondPerRequest, dollarsPerMillionTokens };
}
