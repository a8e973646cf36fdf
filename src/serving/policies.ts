import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { chunkedPrefill } from "./policies/chunked-prefill.ts";
import { continuous } from "./policies/continuous.ts";
import { dynamic } from "./policies/dynamic.ts";
import { prefillFirst } from "./policies/prefill-first.ts";
import { staticBatch } from "./policies/static.ts";

/** Batching policies by name. A new one is one file and one entry here. */
export const policies = catalogue("name", {
  static: staticBatch,
  dynamic,
  continuous,
  "prefill-first": prefillFirst,
  "chunked-prefill": chunkedPrefill,
});
export type PolicyOptions = z.infer<typeof policies.schema>;
