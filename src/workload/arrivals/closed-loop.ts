import { randomExponential } from "d3-random";
import { Observable } from "rxjs";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import { Rank } from "../../kernel/calendar.ts";
import type { ArrivalProcess } from "./arrival-process.ts";

export const closedLoop = part({
  summary: "a fixed number of users: each asks at time 0, and again a think time after its request has ended",
  options: z.strictObject({
    users: z.int().positive(),
    thinkTime: quantity("seconds").default(0),
    thinkDistribution: z.enum(["constant", "exponential"]).default("constant"),
  }),
  build: ({ users, thinkTime, thinkDistribution }): ArrivalProcess => ({
    arrivals: ({ time, ended$, random, draw }) =>
      new Observable((subscriber) => {
        const exponential = randomExponential.source(random)(1 / thinkTime);
        const thinkSeconds = thinkDistribution === "exponential" && thinkTime > 0 ? exponential : () => thinkTime;
        const ask = {
          fire() {
            if (!subscriber.closed) subscriber.next(draw());
          },
        };
        for (let user = 0; user < users; user++) time.after(0, Rank.arrival, ask);
        subscriber.add(ended$.subscribe(() => time.after(thinkSeconds(), Rank.arrival, ask)));
      }),
  }),
});
