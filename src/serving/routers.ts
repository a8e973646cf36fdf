import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { centralQueue } from "./routers/central-queue.ts";
import { leastRequests } from "./routers/least-requests.ts";
import { leastTokens } from "./routers/least-tokens.ts";
import { powerOfTwo } from "./routers/power-of-two.ts";
import { prefixAffinity } from "./routers/prefix-affinity.ts";
import { random } from "./routers/random.ts";
import { roundRobin } from "./routers/round-robin.ts";

/** Routers by name. A new one is one file and one entry here. */
export const routers = catalogue("name", {
  "round-robin": roundRobin,
  random,
  "least-requests": leastRequests,
  "least-tokens": leastTokens,
  "power-of-two": powerOfTwo,
  "prefix-affinity": prefixAffinity,
  "central-queue": centralQueue,
});
export type RouterOptions = z.infer<typeof routers.schema>;
