import type { z } from "zod";
import { catalogue } from "../core/catalogue.ts";
import { boundedQueue } from "./admissions/bounded-queue.ts";
import { tokenBucket } from "./admissions/token-bucket.ts";
import { unlimited } from "./admissions/unlimited.ts";

/** Kinds of admission control by name, each built anew for every run. A new one is one file and one entry here. */
export const admissions = catalogue("kind", { unlimited, "bounded-queue": boundedQueue, "token-bucket": tokenBucket });
export type AdmissionOptions = z.infer<typeof admissions.schema>;
