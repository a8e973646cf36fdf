import { randomExponential } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import type { ArrivalProcess } from "./arrival-process.ts";
import { renewal } from "./renewal.ts";

export const poisson = part({
  summary: "independent arrivals at a constant mean rate",
  options: z.strictObject({ rate: quantity("perSecond", { positive: true }) }),
  build: ({ rate }): ArrivalProcess => ({
    arrivals: (context) => renewal(context, randomExponential.source(context.random)(rate)),
  }),
});
