import { catalogue } from "../core/catalogue.ts";
import { deterministic } from "./arrivals/deterministic.ts";
import { gamma } from "./arrivals/gamma.ts";
import { mmpp } from "./arrivals/mmpp.ts";
import { poisson } from "./arrivals/poisson.ts";
import { profile } from "./arrivals/profile.ts";
import { weibull } from "./arrivals/weibull.ts";

/** Processes that draw instants whatever becomes of the requests, by name. A new one is one file and one entry here. */
export const instants = catalogue("process", { poisson, deterministic, gamma, weibull, mmpp, profile });
