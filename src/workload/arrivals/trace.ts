import { Observable } from "rxjs";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { Rank } from "../../kernel/calendar.ts";
import { momentsOfRequests } from "../request-moments.ts";
import { traceFileOptions } from "../traces.ts";
import type { ArrivalProcess } from "./arrival-process.ts";

export const trace = part({
  summary: "a recorded trace replayed: arrivals and lengths as they were",
  options: z.strictObject({
    ...traceFileOptions,
    timeScale: z.number().positive().default(1).describe("arrival times are multiplied by this: 0.5 doubles the load"),
  }),
  build: ({ timeScale }): ArrivalProcess => ({
    offered({ rows }) {
      const spanSeconds = (rows.at(-1)!.arrivalSeconds - rows[0]!.arrivalSeconds) * timeScale;
      return {
        requestsPerSecond: spanSeconds > 0 ? (rows.length - 1) / spanSeconds : undefined,
        lengths: momentsOfRequests(rows),
      };
    },
    arrivals: ({ time, rows }) =>
      new Observable((subscriber) => {
        let index = 0;
        const next = {
          fire() {
            subscriber.next(rows[index++]!);
            if (index === rows.length) subscriber.complete();
            if (!subscriber.closed) time.at(rows[index]!.arrivalSeconds * timeScale, Rank.arrival, next);
          },
        };
        time.at(rows[0]!.arrivalSeconds * timeScale, Rank.arrival, next);
        subscriber.add(() => time.withdraw((due) => due === next));
      }),
  }),
});
