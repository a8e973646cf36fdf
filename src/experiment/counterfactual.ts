import type { BatchShape, StepTimeModel } from "../bounds/step-time.ts";
import type { StepBound } from "../observe/ledger/ledger.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { PlanChanges } from "../scenario/run-plan.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { RequestSpec } from "../serving/request.ts";
import { saturating } from "../workload/saturating.ts";

/** What can be switched off in a run, in the order in which the forward path does so. */
export const switchNames = [
  "ends",
  "arrivals",
  "policy",
  "kvCache",
  "drafts",
  "prompts",
  "contexts",
  "experts",
] as const;
export type SwitchName = (typeof switchNames)[number];

/** What a run came to that its counterfactuals are made from. */
export interface Facts {
  readonly scenario: Scenario;
  readonly deployment: Deployment;
  /** Its requests, in order of arrival. */
  readonly specs: readonly RequestSpec[];
  /** Cached tokens that its output tokens read on average. */
  readonly contextTokens: number;
  /** Sequences of a full batch. */
  readonly fullBatch: number;
}

/** The same run, with the same random numbers, but for some causes. */
export interface Counterfactual {
  readonly scenario: Scenario;
  readonly changes: PlanChanges;
  /** How the steps' closed form sees a batch. */
  readonly seen: (shape: BatchShape) => BatchShape;
}

/** More tokens than a run could ever cache. */
const unlimitedTokens = 2 ** 50;

/** Which switches do anything to a run. */
export function switchesOf({ scenario, deployment, specs, fullBatch }: Facts): readonly SwitchName[] {
  const applies: Readonly<Record<SwitchName, boolean>> = {
    ends: true,
    arrivals: true,
    policy: scenario.policy.name !== "continuous" || scenario.order.by !== "fcfs",
    kvCache: canFill(deployment, specs, fullBatch),
    drafts: deployment.speculation !== undefined,
    prompts: specs.some(({ promptTokens }) => promptTokens > 1),
    contexts: true,
    experts: deployment.experts !== undefined,
  };
  return switchNames.filter((name) => applies[name]);
}

/** Whether a full batch of the longest requests could fill the KV cache. */
function canFill({ kvCache }: Deployment, specs: readonly RequestSpec[], batch: number): boolean {
  const { allocation, watermark, blockTokens, capacityTokens } = kvCache;
  if (allocation.reservedOutputTokens !== undefined || watermark !== 0) return true;
  const longest = specs.reduce((most, spec) => Math.max(most, spec.promptTokens + spec.outputTokens), 0);
  return batch * (longest + blockTokens) > capacityTokens;
}

/** A run with some causes switched off. */
export function counterfactual(facts: Facts, off: ReadonlySet<SwitchName>): Counterfactual {
  const { specs, contextTokens, fullBatch, deployment } = facts;
  const atOnce = Math.max(1, Math.round(fullBatch));
  const draftTokens = off.has("drafts") ? 0 : (deployment.speculation?.draftTokens ?? 0);
  const seen = (shape: BatchShape): BatchShape => {
    const evened = off.has("contexts") ? evenContexts(shape, contextTokens, draftTokens) : shape;
    return off.has("prompts") ? withoutPrompts(evened, draftTokens) : evened;
  };
  return {
    scenario: scenarioWithout(facts.scenario, off, atOnce),
    changes: {
      replica: (stated) => ({
        ...stated,
        ...(off.has("kvCache") && { kvCache: { ...stated.kvCache, capacityTokens: unlimitedTokens } }),
        ...((off.has("prompts") || off.has("contexts")) && { stepTime: seenBy(stated.stepTime, seen) }),
      }),
      requests: off.has("arrivals") ? { source: saturating(specs, atOnce), count: specs.length } : undefined,
    },
    seen,
  };
}

/** The closed form of steps, seen in the same way. */
export function boundSeen(bound: StepBound, seen: Counterfactual["seen"]): StepBound {
  const { seconds, secondsIfEven } = bound;
  return {
    seconds: (shape) => seconds(seen(shape)),
    secondsIfEven: secondsIfEven && ((shape, touched) => secondsIfEven(seen(shape), touched)),
  };
}

function scenarioWithout(scenario: Scenario, off: ReadonlySet<SwitchName>, atOnce: number): Scenario {
  const { horizon: _, ...run } = scenario.run;
  return {
    ...scenario,
    ...(off.has("experts") && { experts: undefined }),
    ...(off.has("drafts") && { speculation: undefined }),
    ...(off.has("policy") && { policy: { name: "continuous", maxSequences: atOnce }, order: { by: "fcfs" } }),
    // One replica that is always full stands for all; its requests are served to the last, however long that takes.
    ...(off.has("arrivals") && {
      run,
      admission: { kind: "unlimited" },
      deployment: { ...scenario.deployment, replicas: undefined },
    }),
  };
}

/** Every sequence reads the same number of cached tokens, with its own token and its drafts; prompts keep their own pairs. */
function evenContexts(shape: BatchShape, contextTokens: number, draftTokens: number): BatchShape {
  const kvTokensRead = shape.outputs * contextTokens;
  const more = (draftTokens + 1) * (kvTokensRead - shape.kvTokensRead);
  return { ...shape, attentionPairs: shape.attentionPairs + more, kvTokensRead };
}

/** Prompts cost nothing but the token that each emits, which brings its drafts like any other. */
function withoutPrompts(shape: BatchShape, draftTokens: number): BatchShape {
  const tokens = (draftTokens + 1) * shape.outputs;
  return { ...shape, tokens, attentionPairs: (draftTokens + 1) * shape.kvTokensRead + (tokens * draftTokens) / 2 };
}

/** Step times that see batches otherwise, and so are only known when asked for. */
function seenBy(model: StepTimeModel, seen: Counterfactual["seen"]): StepTimeModel {
  return { ...model, isSteady: false, time: (shape) => model.time(seen(shape)) };
}
