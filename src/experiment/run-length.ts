import { mean } from "simple-statistics";
import { UserError } from "../core/errors.ts";
import type { RequestHistory } from "../observe/request-history.ts";
import type { Scenario } from "../scenario/schema.ts";

/**
 * How many times what a request takes on average from its first step to its last fits into the time in which requests come: a
 * system that starts empty fills for about one such time, whatever its load. 0 where none was served.
 */
export function lengthInResidences({ arrivalSeconds, sojournSeconds, waitSeconds }: RequestHistory): number {
  let served = 0;
  let residenceSeconds = 0;
  for (let request = 0; request < sojournSeconds.length; request++) {
    if (sojournSeconds[request] === Number.POSITIVE_INFINITY) continue;
    served++;
    residenceSeconds += sojournSeconds[request]! - waitSeconds[request]!;
  }
  return served === 0 ? 0 : (arrivalSeconds.at(-1)! * served) / residenceSeconds;
}

/** Throws `UserError` where the runs of a scenario are shorter than so many residences, and say nothing of a long run. */
export function checkLength({ run }: Scenario, runs: readonly { readonly residences: number }[], least: number): void {
  const length = mean(runs.map(({ residences }) => residences));
  if (length >= least) return;
  const what =
    `is too short for the long run: requests come for ${length.toPrecision(2)} times what one takes from its first step ` +
    `to its last, and ${least} times are needed`;
  if (run.requests === undefined) throw new UserError("run.horizon", what, "a later one");
  const needed = length === 0 ? "more" : `about ${Number(((run.requests * least) / length).toPrecision(2))} or more`;
  throw new UserError(`run.requests: ${run.requests}`, what, needed);
}
