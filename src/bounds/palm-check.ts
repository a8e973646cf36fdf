import { findAccelerator } from "./accelerators.ts";
import { totalParameters } from "./architecture.ts";
import { findArchitecture } from "./architectures.ts";
import { bestLayout } from "./best-layout.ts";
import { bestLatency, logLogSlope } from "./scaling-laws.ts";
import { toyOptimum, toySeconds } from "./toy.ts";

/** A latency of PaLM on TPU v4 that was measured, beside what the models say. */
export interface PalmRow {
  readonly model: string;
  /** Chips and batch where the source gives them; the models are at their best where it does not. */
  readonly accelerators: number | undefined;
  readonly batch: number | undefined;
  readonly measuredSeconds: number;
  readonly toySeconds: number;
  /** The model with the network and its best layout. */
  readonly fullSeconds: number;
  readonly source: string;
}

/** The measurements, the models' figures for them, and how each grows with the model's size. */
export interface PalmCheck {
  readonly rows: readonly PalmRow[];
  /** Log-log slopes over the best latencies of the three sizes. */
  readonly exponents: { readonly measured: number; readonly toy: number; readonly full: number };
}

const quotedBests = [
  { name: "palm-8b-int8", measuredSeconds: 4e-3 },
  { name: "palm-62b", measuredSeconds: 13e-3 },
  { name: "palm-540b", measuredSeconds: 32e-3 },
];

/** PaLM with 8-bit weights on TPU v4 against the measurements of Pope et al. (arXiv 2211.05102), as in Erdil 2025, section 2.2.3. */
export function palmCheck(): PalmCheck {
  const tpu = findAccelerator("tpu-v4");
  const int8 = (name: string) => ({ ...findArchitecture(name), weightBytes: 1 });
  const bests = quotedBests.map(({ name, measuredSeconds }) => ({
    parameters: totalParameters(int8(name)),
    model: `${int8(name).name}, 8-bit weights`,
    accelerators: undefined,
    batch: undefined,
    measuredSeconds,
    toySeconds: toyOptimum(int8(name), tpu).seconds,
    fullSeconds: bestLatency(int8(name), tpu).seconds,
    source: "best latency in Pope et al. 2022, figure 1, as read by Erdil 2025, section 2.2.3",
  }));
  const large = int8("palm-540b");
  const named: PalmRow = {
    model: `${large.name}, 8-bit weights`,
    accelerators: 64,
    batch: 64,
    measuredSeconds: 29e-3,
    toySeconds: toySeconds(large, tpu, 64, 64, 2_048),
    fullSeconds: bestLayout(large, tpu, 64, 64, 2_048).seconds,
    source: "Pope et al. 2022, abstract, with a context of 2,048 tokens",
  };
  const slope = (figure: "measuredSeconds" | "toySeconds" | "fullSeconds") =>
    logLogSlope(bests.map((row) => [row.parameters, row[figure]]));
  return {
    rows: [...bests.map(({ parameters: _, ...row }) => row), named],
    exponents: { measured: slope("measuredSeconds"), toy: slope("toySeconds"), full: slope("fullSeconds") },
  };
}
