import { Observable } from "rxjs";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { Rank } from "../../kernel/calendar.ts";
import { traceFormats } from "../traces.ts";
import type { ArrivalProcess } from "./arrival-process.ts";

export const trace = part({
  summary: "a recorded trace replayed: arrivals and lengths as they were",
  options: z.strictObject({
    format: z.enum(Object.keys(traceFormats) as [string, ...string[]]),
    file: z.string().min(1).describe("beside the scenario, or in the folder that BATCHYARD_TRACES names"),
    timeScale: z.number().positive().default(1).describe("arrival times are multiplied by this: 0.5 doubles the load"),
  }),
  build: ({ timeScale }): ArrivalProcess => ({
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
      }),
  }),
});
