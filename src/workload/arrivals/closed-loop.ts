import { Observable } from "rxjs";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { Rank } from "../../kernel/calendar.ts";
import type { ArrivalProcess } from "./arrival-process.ts";
import { thinkTimeOptions, thinkTimes } from "./think-time.ts";

export const closedLoop = part({
  summary: "a fixed number of users: each asks at time 0, and again a think time after its request has ended",
  options: z.strictObject({ users: z.int().positive(), ...thinkTimeOptions }),
  build: ({ users, ...think }): ArrivalProcess => ({
    offered: ({ lengths }) => ({ requestsPerSecond: undefined, lengths }),
    arrivals: ({ time, ended$, random, draw }) =>
      new Observable((subscriber) => {
        const thinkSeconds = thinkTimes(think, random);
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
