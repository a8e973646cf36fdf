import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { Routing } from "../router.ts";

/** In turn, whatever the requests are like and however busy the replicas. */
export const roundRobin = part({
  summary: "each replica in turn",
  options: z.strictObject({}),
  build: (): Routing => () => {
    let next = 0;
    return { choose: (_, replicas) => next++ % replicas.length };
  },
});
