import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { type Routing, sharedQueue } from "../router.ts";

/**
 * One queue before all replicas, from which each takes what it has room for: the several servers of queueing theory
 * (M/M/c, M/D/c). A replica that batches takes as many as its policy allows, even where others stand idle.
 */
export const centralQueue = part({
  summary: "one queue before all replicas; a replica with room takes the head (M/M/c, M/D/c)",
  options: z.strictObject({}),
  build: (): Routing => sharedQueue,
});
