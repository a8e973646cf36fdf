import { exactFrontier } from "../bounds/frontier/exact-frontier.ts";
import type { Deployment } from "../scenario/deployment.ts";

/** A deployment that no other is both faster and cheaper than, always full, nobody waiting. */
export interface FrontierPrice {
  readonly tokensPerSecondPerRequest: number;
  readonly dollarsPerMillionTokens: number;
  readonly accelerators: number;
  readonly batch: number;
}

/** The frontier of a deployment's model on its accelerator, of any number of them, at one context: fastest first. */
export function frontierPrices(deployment: Deployment, contextTokens: number): FrontierPrice[] {
  const { architecture, accelerator, speculation } = deployment;
  const question = {
    architecture,
    accelerator,
    contextTokens,
    ...(speculation && { speculation: { ...speculation, maxDraftTokens: speculation.draftTokens } }),
  };
  return exactFrontier(question).map(
    ({ tokensPerSecondPerRequest, dollarsPerMillionTokens, accelerators, batch }): FrontierPrice => ({
      tokensPerSecondPerRequest,
      dollarsPerMillionTokens,
      accelerators,
      batch,
    }),
  );
}
