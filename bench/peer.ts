import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initSync, run_simulation } from "@doublewordai/inference-lab";
import { type BenchRow, medianSeconds } from "./bench.ts";
import { medianRunSeconds, poissonScenario, saturationRate } from "./runs.ts";

const requests = 4_000;

/** A lognormal by its mean and coefficient of variation 1, in the parameters of its logarithm. */
const lognormal = (mean: number) => ({
  type: "lognormal",
  mean: Math.log(mean) - Math.log(2) / 2,
  std_dev: Math.sqrt(Math.log(2)),
});

/** The same traffic on the same hardware in inference-lab's terms; its step time has no network, so its capacity is higher. */
const configuration = (ratePerSecond: number) =>
  JSON.stringify({
    hardware: {
      name: "8 × H100",
      compute_flops: 8e15,
      memory_bandwidth: 2.64e13,
      memory_capacity: 6.4e11,
      gpu_memory_utilization: 0.9,
      bytes_per_param: 2,
    },
    model: {
      name: "Llama 3 70B",
      num_parameters: 70_553_706_496,
      num_layers: 80,
      hidden_dim: 8192,
      num_heads: 64,
      num_kv_heads: 8,
      max_seq_len: 32_768,
    },
    scheduler: {
      max_num_batched_tokens: 8192,
      max_num_seqs: 256,
      policy: "fcfs",
      enable_chunked_prefill: true,
      block_size: 16,
    },
    workload: {
      arrival_pattern: "poisson",
      arrival_rate: ratePerSecond,
      input_len_dist: lognormal(1000),
      output_len_dist: lognormal(250),
      num_requests: requests,
      seed: 1,
    },
    simulation: { log_interval: 1_000_000_000 },
  });

interface PeerMetrics {
  readonly completed_requests: number;
  readonly requests_per_sec: number;
}

function peerRun(ratePerSecond: number): PeerMetrics {
  const { metrics } = run_simulation(configuration(ratePerSecond)) as { metrics: PeerMetrics };
  if (metrics.completed_requests !== requests)
    throw new Error(`it served ${metrics.completed_requests} of ${requests}`);
  return metrics;
}

/**
 * inference-lab's WebAssembly build and batchyard in one process, 4,000 requests each: both at the rate that is 75 % of
 * batchyard's capacity, and inference-lab also at 75 % of its own, higher one, where its larger batches make it faster.
 */
export async function peerBench(): Promise<BenchRow[]> {
  const wasm = createRequire(import.meta.url).resolve("@doublewordai/inference-lab/inference_lab_bg.wasm");
  initSync({ module: readFileSync(wasm) });
  const rate = 0.75 * (await saturationRate());
  const peerRate = 0.75 * peerRun(1_000).requests_per_sec;
  const peerSame = requests / (await medianSeconds(() => peerRun(rate)));
  const peerOwn = requests / (await medianSeconds(() => peerRun(peerRate)));
  const own = requests / (await medianRunSeconds(poissonScenario(requests, rate), 51, 150));
  return [
    { name: "inference-lab 0.2.1 (WebAssembly), 4,000 requests at the same rate", value: peerSame, unit: "requests/s" },
    { name: "inference-lab 0.2.1, 4,000 requests at 75 % of its own capacity", value: peerOwn, unit: "requests/s" },
    { name: "batchyard, 4,000 requests", value: own, unit: "requests/s" },
    { name: "batchyard over inference-lab, same rate", value: own / peerSame, unit: "×" },
    { name: "batchyard over inference-lab, each at 75 % of its own capacity", value: own / peerOwn, unit: "×" },
  ];
}
