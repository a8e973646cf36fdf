import { z } from "zod";
import { quantity } from "../core/quantity.ts";
import { admissions } from "../serving/admissions.ts";
import { orders } from "../serving/orders.ts";
import { policies } from "../serving/policies.ts";
import { deploymentSchema } from "./deployment-schema.ts";
import { expertsSchema } from "./experts-schema.ts";
import { acceleratorSchema, modelSchema } from "./hardware-schema.ts";
import { speculationSchema } from "./speculation.ts";
import { workloadSchema } from "./workload-schema.ts";

const run = z.strictObject({
  seed: z.union([z.int(), z.string()]).default(1),
  requests: z.int().positive().optional().describe("arrivals end after so many; the run ends when all are served"),
  horizon: quantity("seconds", { positive: true }).optional().describe("the run ends at this instant"),
  mode: z
    .enum(["leap", "step"])
    .default("leap")
    .describe("leap: decode steps between two changes are one event; step: each is its own, for reference"),
});

/** A scenario: the single public input. */
export const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  model: modelSchema,
  accelerator: acceleratorSchema,
  deployment: deploymentSchema,
  experts: expertsSchema.optional().describe("of a mixture of experts; without it the published formula holds"),
  speculation: speculationSchema.optional().describe("drafts by a small model; without it every step gives one token"),
  policy: policies.schema,
  order: orders.schema.default({ by: "fcfs" }).describe("which of the waiting requests is next"),
  admission: admissions.schema.default({ kind: "unlimited" }).describe("which requests may wait at all"),
  workload: workloadSchema,
  run,
});

export type Scenario = z.output<typeof scenarioSchema>;

/** The JSON Schema of scenario files. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenarioSchema, { io: "input", unrepresentable: "any" }) as Record<string, unknown>;
}
