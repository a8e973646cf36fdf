import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { constant } from "./lengths/constant.ts";
import { empirical } from "./lengths/empirical.ts";
import { lognormal } from "./lengths/lognormal.ts";

/** Length distributions by name. A new one is one file and one entry here. */
export const lengths = catalogue("distribution", { constant, lognormal, empirical });
export type LengthOptions = z.infer<typeof lengths.schema>;
