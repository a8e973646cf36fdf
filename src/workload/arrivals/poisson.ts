import { randomExponential } from "d3-random";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import { renewal } from "./open-loop.ts";

export const poisson = part({
  summary: "independent arrivals at a constant mean rate",
  options: z.strictObject({ rate: quantity("perSecond", { positive: true }) }),
  build: ({ rate }) => renewal(rate, (random) => randomExponential.source(random)(rate)),
});
