import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import type { Admission } from "../admission.ts";

/**
 * Turns requests away while so many wait (as Triton's `max_queue_size`). Those that run do not count; one that is preempted
 * returns to the queue however long that is, so preemptions, and only they, can make it longer than the bound.
 */
export const boundedQueue = part({
  summary: "turns requests away while so many wait",
  options: z.strictObject({
    maxWaiting: z.int().positive().describe("the most requests that wait; one more is turned away"),
  }),
  build:
    ({ maxWaiting }): Admission =>
    (_request, { waiting }) =>
      waiting < maxWaiting ? undefined : `${waiting} wait already, of ${maxWaiting} that may`,
});
