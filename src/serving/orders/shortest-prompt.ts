import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { OrderMaker } from "../order.ts";

/**
 * Shortest prompt first: shortest job first where the job is the prefill, whose length is known (TetriInfer's prefill
 * scheduler: Hu et al., Inference without interference, 2024; LMCache's shortest prefill first). A long prompt waits as long
 * as shorter ones keep coming. After a preemption a request goes by its prompt still, though it recomputes more.
 */
export const shortestPrompt = part({
  summary: "fewest prompt tokens first",
  options: z.strictObject({}),
  build: (): OrderMaker => () => ({ preemptive: false, key: (request) => request.promptTokens }),
});
