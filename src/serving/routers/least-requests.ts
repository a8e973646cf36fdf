import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { leastOf, type Routing } from "../router.ts";

/** The replica with the fewest outstanding requests, waiting or running: join the shortest queue (Winston 1977). */
export const leastRequests = part({
  summary: "the replica with the fewest outstanding requests (join the shortest queue)",
  options: z.strictObject({}),
  build: (): Routing => () => ({ choose: (_, replicas) => leastOf(replicas, ({ requests }) => requests) }),
});
