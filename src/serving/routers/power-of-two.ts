import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { Random } from "../../core/random.ts";
import type { Routing } from "../router.ts";

/**
 * Of two replicas drawn at random the one with fewer outstanding requests, the first drawn where they have as many
 * (Mitzenmacher, The power of two choices in randomized load balancing, 2001); `choices` draws more than two.
 */
export const powerOfTwo = part({
  summary: "of two replicas drawn at random the one with fewer outstanding requests (Mitzenmacher 2001)",
  options: z.strictObject({
    choices: z.int().min(2).default(2).describe("different replicas that are drawn; all where there are fewer"),
  }),
  build:
    ({ choices }): Routing =>
    (draw) => ({
      choose(_, replicas) {
        const drawn = different(Math.min(choices, replicas.length), replicas.length, draw);
        return drawn.reduce((least, place) => (replicas[place]!.requests < replicas[least]!.requests ? place : least));
      },
    }),
});

/** So many different places, in the order in which they were drawn. */
function different(count: number, places: number, draw: Random): readonly number[] {
  const drawn: number[] = [];
  while (drawn.length < count) {
    // One of those left, counted past the ones that were drawn before.
    let place = Math.floor(draw() * (places - drawn.length));
    for (const taken of [...drawn].sort((a, b) => a - b)) if (place >= taken) place++;
    drawn.push(place);
  }
  return drawn;
}
