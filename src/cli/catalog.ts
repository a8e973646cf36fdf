import { Command } from "commander";
import { accelerators } from "../bounds/accelerators.ts";
import { activeParameters, kvBytesPerToken, totalParameters } from "../bounds/architecture.ts";
import { architectures } from "../bounds/architectures.ts";
import { columns } from "../report/columns.ts";
import { number } from "../report/format.ts";
import { admissions } from "../serving/admissions.ts";
import { kvAllocations } from "../serving/kv-allocation.ts";
import { orders } from "../serving/orders.ts";
import { policies } from "../serving/policies.ts";
import { predictors } from "../serving/predictors.ts";
import { routers } from "../serving/routers.ts";
import { arrivals } from "../workload/arrivals.ts";
import { lengths } from "../workload/lengths.ts";
import { profiles } from "../workload/profiles.ts";
import { traceFormats } from "../workload/traces.ts";
import { shippedScenarios } from "./scenario-file.ts";

type Summaries = Readonly<Record<string, { readonly summary: string }>>;

/** Everything that a scenario can name, as plain data. */
function catalog() {
  const summaries = (parts: Summaries) =>
    Object.fromEntries(Object.entries(parts).map(([name, { summary }]) => [name, summary]));
  return {
    models: architectures,
    accelerators,
    policies: summaries(policies.parts),
    arrivals: summaries(arrivals.parts),
    profiles: summaries(profiles.parts),
    lengths: summaries(lengths.parts),
    traceFormats: Object.fromEntries(
      Object.entries(traceFormats).map(([name, { summary, columns, source }]) => [name, { summary, columns, source }]),
    ),
    scenarios: shippedScenarios(),
  };
}

export function catalogCommand(): Command {
  return new Command("catalog")
    .description("list what a scenario can name: models, accelerators, policies, arrivals, lengths, trace formats")
    .option("--json", "print it as JSON, with every figure and its source")
    .action((flags: { readonly json?: true }) => {
      process.stdout.write(flags.json ? `${JSON.stringify(catalog(), null, 2)}\n` : catalogText());
    });
}

function catalogText(): string {
  const models = Object.entries(architectures).map(([key, model]) => [
    key,
    `${number(totalParameters(model) / 1e9)} G parameters`,
    `${number(activeParameters(model) / 1e9)} G active`,
    `${8 * model.weightBytes}-bit`,
    `${number(kvBytesPerToken(model) / 1e3)} kB KV a token`,
  ]);
  const hardware = Object.entries(accelerators).map(([key, one]) => [
    key,
    `${number(one.hbmBytes / 1e9)} GB`,
    `${number(one.hbmBytesPerSecond / 1e12)} TB/s`,
    `${number((one.flopPerSecondByWeightBits[16] ?? 0) / 1e12)} TFLOP/s at 16 bits`,
    `${number(one.dollarsPerHour)} $/h`,
  ]);
  const summaries = (parts: Summaries) =>
    columns(
      Object.entries(parts).map(([name, { summary }]) => [name, summary]),
      "text",
    );
  const sections: readonly (readonly [string, string])[] = [
    ["Models (model)", columns(models)],
    ["Accelerators (accelerator)", columns(hardware)],
    ["Policies (policy.name)", summaries(policies.parts)],
    ["Orders of the queue (order.by)", summaries(orders.parts)],
    ["Predictors of outputs (order.predictor.kind)", summaries(predictors.parts)],
    ["Admission (admission.kind)", summaries(admissions.parts)],
    ["Allocation of KV blocks (deployment.kvCache.allocation.name)", summaries(kvAllocations.parts)],
    ["Routers (deployment.router.name, deployment.link.router.name)", summaries(routers.parts)],
    ["Arrivals (workload.arrivals.process)", summaries(arrivals.parts)],
    ["Rates over time (workload.arrivals.rate.shape, of process profile)", summaries(profiles.parts)],
    ["Lengths (workload.prompt.distribution, workload.output.distribution)", summaries(lengths.parts)],
    ["Trace formats (workload.arrivals.format)", summaries(traceFormats)],
    ["Scenarios", columns(shippedScenarios().map((name) => [name]))],
  ];
  return `${sections.map(([title, body]) => `${title}\n${body}`).join("\n\n")}\n`;
}
