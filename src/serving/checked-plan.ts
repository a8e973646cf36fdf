import { InvariantError, PolicyError } from "../core/errors.ts";
import type { BatchingPolicy, BatchPlan, ReplicaView } from "./policy.ts";

/**
 * What a policy plans, which may be a user's own and written without types. Throws `PolicyError` for a plan that means nothing, and
 * where the policy throws.
 */
export function checkedPlan(policy: BatchingPolicy, view: ReplicaView): BatchPlan {
  const plan = asked(policy, view);
  const fault = faultOf(plan);
  if (fault !== undefined) throw new PolicyError(`the policy planned ${fault}`);
  return plan;
}

function asked(policy: BatchingPolicy, view: ReplicaView): BatchPlan {
  try {
    return policy.plan(view);
  } catch (error) {
    // What the view finds broken is not the policy's.
    if (error instanceof InvariantError) throw error;
    throw new PolicyError(`the policy threw ${error}`, { cause: error });
  }
}

/** What is wrong with a plan by itself, and what is allowed; undefined where nothing is. */
function faultOf(plan: BatchPlan): string | undefined {
  if (typeof plan !== "object" || plan === null) return `${plan} (allowed: an object with admit)`;
  const { admit, promptTokens, decode, hold, againSeconds } = plan;
  if (!(Number.isInteger(admit) && admit >= 0)) return `admit: ${admit} (allowed: a whole number of requests)`;
  if (promptTokens !== undefined && !(promptTokens >= 0)) return `promptTokens: ${promptTokens} (allowed: 0 or more)`;
  if (decode !== undefined && typeof decode !== "boolean") return `decode: ${decode} (allowed: true, false)`;
  if (againSeconds !== undefined && !Number.isFinite(againSeconds)) {
    return `againSeconds: ${againSeconds} (allowed: an instant of the run)`;
  }
  if (hold === undefined || hold === "step" || hold === "until-arrival" || hold === "until-departure") return undefined;
  return `hold: ${hold} (allowed: step, until-arrival, until-departure)`;
}
