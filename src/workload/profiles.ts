import { catalogue } from "../core/catalogue.ts";
import { diurnal } from "./profiles/diurnal.ts";
import { flashCrowd } from "./profiles/flash-crowd.ts";
import { ramp } from "./profiles/ramp.ts";
import { square } from "./profiles/square.ts";

/** Shapes of a rate over time by name. A new one is one file and one entry here. */
export const profiles = catalogue("shape", { diurnal, ramp, "flash-crowd": flashCrowd, square });
