import type { ServingEvent } from "../../src/serving/events.ts";

export const relative = (a: number, b: number) => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));

/** Everything additive that observers are told, which must not depend on how steps are bundled. */
export function totals(events: readonly ServingEvent[]): Record<string, number> {
  const sum: Record<string, number> = {};
  const add = (name: string, amount: number) => {
    sum[name] = (sum[name] ?? 0) + amount;
  };
  for (const event of events) {
    if (event.kind !== "advance") continue;
    add("steps", event.steps);
    add("tokens", event.decoding * event.steps + event.prefilled.length);
    add("decodePairs", event.decodePairs);
    add("kvTokenSeconds", event.kvTokenSeconds);
    add("computeSeconds", event.run.computeSeconds(event.steps));
    add("memorySeconds", event.run.memorySeconds(event.steps));
    add("batchSeconds", event.decoding * (event.atSeconds - event.sinceSeconds));
    add("firstStageSeconds", event.run.firstStageSeconds(event.steps));
    // From token to token: what the first of the steps waited to start, and the steps.
    if (event.steps > 0) {
      add("itlSeconds", (event.decoding - event.freshSeconds.length) * (event.startSeconds - event.sinceSeconds));
      for (const lastSeconds of event.freshSeconds) add("itlSeconds", event.startSeconds - lastSeconds);
    }
    event.run.eachStretch(event.steps, (firstSeconds, growthSeconds, steps) => {
      add("itlSeconds", event.decoding * (firstSeconds * steps + (growthSeconds * steps * (steps - 1)) / 2));
    });
  }
  return sum;
}
