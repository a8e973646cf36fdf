import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { Admission } from "../admission.ts";

/** Lets every request wait, however many do. */
export const unlimited = part({
  summary: "lets every request wait",
  options: z.strictObject({}),
  build: (): Admission => () => undefined,
});
