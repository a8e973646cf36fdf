import { randomExponential } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { Random } from "../../core/random.ts";
import { openLoop } from "./open-loop.ts";

interface State {
  readonly rate: number;
  readonly meanSojourn: number;
}

/** A Markov-modulated Poisson process (Fischer and Meier-Hellstern 1993) whose states follow each other in a ring. */
export const mmpp = part({
  summary: "Poisson arrivals whose rate jumps from state to state after exponential sojourns: bursts and lulls",
  options: z.strictObject({
    states: z
      .array(
        z.strictObject({
          rate: quantity("perSecond"),
          meanSojourn: quantity("seconds", { positive: true }),
        }),
      )
      .min(2)
      .refine((states) => states.some(({ rate }) => rate > 0), { error: "have no rate above 0" })
      .describe("each is followed by the next, the last by the first; the run starts in the long-run mix"),
  }),
  build({ states }) {
    const cycleSeconds = states.reduce((sum, { meanSojourn }) => sum + meanSojourn, 0);
    const meanRate = states.reduce((sum, { rate, meanSojourn }) => sum + rate * meanSojourn, 0) / cycleSeconds;
    return openLoop({ meanRate, sampler: (random) => modulated(states, cycleSeconds, random) });
  },
});

function modulated(states: readonly State[], cycleSeconds: number, random: Random): (afterSeconds: number) => number {
  const exponential = randomExponential.source(random)(1);
  let place = stateAt(states, random() * cycleSeconds);
  let leavesSeconds = exponential() * states[place]!.meanSojourn;
  return (afterSeconds) => {
    let fromSeconds = afterSeconds;
    for (;;) {
      const { rate } = states[place]!;
      const seconds = rate === 0 ? Number.POSITIVE_INFINITY : fromSeconds + exponential() / rate;
      if (seconds < leavesSeconds) return seconds;
      // What would have come after the jump is forgotten, as exponential gaps allow.
      fromSeconds = leavesSeconds;
      place = (place + 1) % states.length;
      leavesSeconds += exponential() * states[place]!.meanSojourn;
    }
  };
}

/** The state in which a cycle of mean sojourns is after so many seconds. */
function stateAt(states: readonly State[], secondsIntoCycle: number): number {
  let endSeconds = 0;
  return states.findIndex(({ meanSojourn }) => {
    endSeconds += meanSojourn;
    return secondsIntoCycle < endSeconds;
  });
}
