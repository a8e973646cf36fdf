import fc from "fast-check";
import type { Serving } from "../serving/harness.ts";
import { asScenario } from "./counterexample.ts";

/** What goes wrong is told as a scenario, shrunk to a small one. */
export async function always(
  serving: fc.Arbitrary<Serving>,
  check: (serving: Serving) => Promise<void>,
  numRuns: number,
) {
  const details = await fc.check(fc.asyncProperty(serving, check), { numRuns });
  if (!details.failed) return;
  const [smallest] = details.counterexample ?? [];
  const cause = details.errorInstance as Error | null;
  throw new Error(`${cause?.message}\n${asScenario(smallest!)}`, { cause });
}
