import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { continuous } from "./policies/continuous.ts";

/** Batching policies by name. A new one is one file and one entry here. */
export const policies = catalogue("name", { continuous });
export type PolicyOptions = z.infer<typeof policies.schema>;
