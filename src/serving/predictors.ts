import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { classMean } from "./predictors/class-mean.ts";
import { noisy } from "./predictors/noisy.ts";
import { oracle } from "./predictors/oracle.ts";

/** Predictors of output lengths by name. A new one is one file and one entry here. */
export const predictors = catalogue("kind", { oracle, noisy, "class-mean": classMean });
export type PredictorOptions = z.infer<typeof predictors.schema>;
