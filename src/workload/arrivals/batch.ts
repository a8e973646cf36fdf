import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { instants } from "../instants.ts";
import { lengths } from "../lengths.ts";
import type { ArrivalProcess } from "./arrival-process.ts";
import { atInstants } from "./open-loop.ts";

export const batch = part({
  summary: "several requests at each instant: batches of random size",
  options: z.strictObject({
    instants: instants.schema.describe("when a batch comes"),
    size: lengths.schema.describe("requests of a batch, where a length says tokens"),
  }),
  build(options): ArrivalProcess {
    const batches = instants.build(options.instants);
    const size = lengths.build(options.size);
    return {
      offered: ({ lengths }) => ({
        requestsPerSecond: batches.meanRate === undefined ? undefined : batches.meanRate * size.mean,
        lengths,
      }),
      arrivals(context) {
        const drawSize = size.sampler(context.random);
        return atInstants(batches, context, (subscriber) => {
          for (let left = drawSize(); left > 0 && !subscriber.closed; left--) subscriber.next(context.draw());
        });
      },
    };
  },
});
