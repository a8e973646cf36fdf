import { UserError } from "../../core/errors.ts";
import { type Architecture, commonParameters, expertLayers, expertParameters } from "../architecture.ts";
import type { Routing } from "./occupancy.ts";

/** Its routing. */
export function routingOf({ experts, activeExperts }: Architecture): Routing {
  return { experts, active: activeExperts };
}

/** Parameters that one token passes through, exactly `k` routed experts among them, whether or not `k` divides `E`. */
export function routedActiveParameters(architecture: Architecture): number {
  const routed = expertLayers(architecture) * architecture.activeExperts * expertParameters(architecture);
  return commonParameters(architecture) + routed;
}

/** The architecture if it is a mixture of experts; a `UserError` otherwise. */
export function mixtureOfExperts(architecture: Architecture, where = "model"): Architecture {
  if (architecture.experts > 1) return architecture;
  throw new UserError(where, `${architecture.name} is dense: it has no experts to choose from`, "a mixture of experts");
}
