import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { constant } from "./lengths/constant.ts";
import { empirical } from "./lengths/empirical.ts";
import { gamma } from "./lengths/gamma.ts";
import { geometric } from "./lengths/geometric.ts";
import { lognormal } from "./lengths/lognormal.ts";
import { pareto } from "./lengths/pareto.ts";
import { uniform } from "./lengths/uniform.ts";
import { zipf } from "./lengths/zipf.ts";

/** Length distributions by name. A new one is one file and one entry here. */
export const lengths = catalogue("distribution", {
  constant,
  uniform,
  geometric,
  lognormal,
  gamma,
  pareto,
  zipf,
  empirical,
});
export type LengthOptions = z.infer<typeof lengths.schema>;
