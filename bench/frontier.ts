import { findAccelerator } from "../src/bounds/accelerators.ts";
import { findArchitecture } from "../src/bounds/architectures.ts";
import { exactFrontier } from "../src/bounds/frontier/exact-frontier.ts";
import { frontierExtent } from "../src/bounds/frontier/grid.ts";
import { findComparison } from "../src/bounds/frontier/presets.ts";
import { publishedFrontier } from "../src/bounds/frontier/published-frontier.ts";
import type { BenchRow } from "./bench.ts";

/** The first timing, as a command pays it, and the median of the five that follow. */
function timings(run: () => void): { readonly first: number; readonly median: number } {
  const seconds = Array.from({ length: 6 }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1e3;
  });
  const rest = seconds.slice(1).sort((a, b) => a - b);
  return { first: seconds[0]!, median: rest[2]! };
}

function rows(name: string, run: () => void, gridPoints?: number): BenchRow[] {
  const { first, median } = timings(run);
  return [
    { name: `${name}, first`, value: first, unit: "s" },
    { name: `${name}, median of 5`, value: median, unit: "s" },
    ...(gridPoints === undefined ? [] : [{ name: `${name}, speed`, value: gridPoints / median, unit: "points/s" }]),
  ];
}

/** What frontiers cost on one core: on the published grid, with 20 draft lengths, and the exact one. */
export async function frontierBench(): Promise<BenchRow[]> {
  const { curves } = findComparison("spec-dec-comparison");
  const points = frontierExtent.points ** 2;
  const exact = {
    architecture: findArchitecture("llama-3-405b"),
    accelerator: findAccelerator("h100"),
    contextTokens: 0,
    maxAccelerators: 1_024,
  };
  return [
    ...rows(
      "Frontier of Llama 3.1 405B, published 400 × 400 grid",
      () => publishedFrontier(curves["Llama 3.1 405B (no spec dec)"]!),
      points,
    ),
    ...rows(
      "Frontier of Mixtral 8x22B, published 400 × 400 grid",
      () => publishedFrontier(findComparison("all-models-comparison").curves["Mixtral 8x22B 16-bit"]!),
      points,
    ),
    ...rows(
      "Frontier of Llama 3.1 405B with speculative decoding, 20 draft lengths",
      () => publishedFrontier(curves["Llama 3.1 405B (8B acceptance=0.8)"]!),
      points,
    ),
    ...rows("Exact frontier of Llama 3.1 405B, up to 1,024 accelerators", () => exactFrontier(exact)),
  ];
}
