import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { quantity } from "../../core/quantity.ts";
import { renewal } from "./open-loop.ts";

export const deterministic = part({
  summary: "one arrival every 1/rate seconds",
  options: z.strictObject({ rate: quantity("perSecond", { positive: true }) }),
  build: ({ rate }) => renewal(rate, () => () => 1 / rate),
});
