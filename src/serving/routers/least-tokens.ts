import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { leastOf, type Routing } from "../router.ts";

/**
 * The replica whose outstanding requests have the fewest tokens: those of their prompts, read or not, and those they have
 * emitted so far. That is what its KV cache holds once all of them run.
 */
export const leastTokens = part({
  summary: "the replica whose outstanding requests have the fewest tokens, prompts and outputs so far",
  options: z.strictObject({}),
  build: (): Routing => () => ({ choose: (_, replicas) => leastOf(replicas, ({ tokens }) => tokens) }),
});
