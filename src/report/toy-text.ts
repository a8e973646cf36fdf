import type { ToyReport } from "../experiment/toy-report.ts";
import { columns } from "./columns.ts";
import { count, number, seconds } from "./format.ts";

const at = (value: number | undefined) => (value === undefined ? "best" : count(value));

/** The toy model's optimum, its scaling laws and PaLM's measurements, in plain text. */
export function toyText(report: ToyReport): string {
  const { optimum, full, laws, palm } = report;
  const { measured, toy, full: fullExponent } = palm.exponents;
  return `${[
    `Toy model of ${report.model} (${number(report.parameters / 1e9)} G parameters) on ${report.accelerator}`,
    columns([
      ["", "accelerators", "a token"],
      [`Toy optimum, batch ${count(report.batch)}`, number(optimum.accelerators), seconds(optimum.seconds)],
      ["  without the start-up of all-reduces", "", seconds(optimum.scalingSeconds)],
      ["With the network and the best layout, batch 1", number(full.accelerators), seconds(full.seconds)],
    ]),
    "",
    "The best latency grows as a power of",
    columns([
      ["", "predicted", "toy", "toy with start-up", "with the network"],
      ...laws.map((law) => [
        law.quantity,
        number(law.predicted),
        number(law.toyScaling),
        number(law.toy),
        number(law.full),
      ]),
    ]),
    "",
    "PaLM on TPU v4, measured and computed",
    columns([
      ["", "chips", "batch", "measured", "toy", "with the network", "measured over bound"],
      ...palm.rows.map((row) => [
        row.model,
        at(row.accelerators),
        at(row.batch),
        seconds(row.measuredSeconds, 2),
        seconds(row.toySeconds),
        seconds(row.fullSeconds),
        number(row.measuredSeconds / row.fullSeconds),
      ]),
      ["exponent in model size", "", "", number(measured), number(toy), number(fullExponent), ""],
    ]),
    ...new Set(palm.rows.map(({ source }) => `  Measured: ${source}`)),
  ].join("\n")}\n`;
}
