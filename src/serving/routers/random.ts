import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { Routing } from "../router.ts";

/** Any replica, each as likely as the others: Poisson arrivals stay Poisson at each. */
export const random = part({
  summary: "any replica, each as likely as the others",
  options: z.strictObject({}),
  build: (): Routing => (draw) => ({ choose: (_, replicas) => Math.floor(draw() * replicas.length) }),
});
